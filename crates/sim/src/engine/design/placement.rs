//! Where data lies.

use crate::Data;

/// Where the copies of each shard lie.
#[derive(Debug)]
pub(super) struct Placement {
    pub(super) data: Data,
    /// Replicas of shard s: `copies` from `s * copies` on, the primary first.
    pub(super) replicas: Vec<u32>,
    /// The shard that stands for a key's: shards that lost their content come first.
    pub(super) order: Vec<u32>,
}

impl Placement {
    pub(super) fn new(data: &Data, first: u32, zones: &[u32]) -> Self {
        let zones: Vec<(u32, u32)> = zones
            .iter()
            .scan(first, |start, count| {
                let zone = (*start, *count);
                *start += count;
                Some(zone)
            })
            .filter(|(_, count)| *count > 0)
            .collect();
        let width = zones.len() as u32;
        let total: u32 = zones.iter().map(|(_, count)| count).sum();
        let mut replicas = Vec::new();
        for shard in 0..data.shards {
            for copy in 0..data.copies {
                // Where there is a replica for every copy each holds one; else they overlap evenly.
                let step = if data.shards * data.copies <= total { data.copies } else { 1 };
                let number = shard * step + copy;
                let (start, count) = zones[(number % width) as usize];
                let wanted = start + number / width % count;
                // With more copies than zones two could meet: take the next that is free.
                let own = &replicas[(shard * data.copies) as usize..];
                let free = (0..total)
                    .map(|step| first + (wanted - first + step) % total)
                    .find(|replica| !own.contains(replica))
                    .expect("no more copies than replicas");
                replicas.push(free);
            }
        }
        Self { data: data.clone(), replicas, order: (0..data.shards).collect() }
    }

    /// Returns the replicas of a shard, the primary first.
    pub(super) fn copies(&self, shard: u32) -> &[u32] {
        let copies = self.data.copies as usize;
        let start = self.order[shard as usize] as usize * copies;
        &self.replicas[start..start + copies]
    }
}
