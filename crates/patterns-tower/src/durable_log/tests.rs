use super::*;

/// A file in memory whose next sync may fail.
#[derive(Default)]
struct Memory {
    bytes: Vec<u8>,
    fails: bool,
    syncs: u32,
}

impl LogFile for &mut Memory {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.bytes.clone())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.syncs += 1;
        if self.fails { Err(io::Error::other("the disk is away")) } else { Ok(()) }
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.bytes.truncate(length as usize);
        Ok(())
    }

    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes = bytes.to_vec();
        Ok(())
    }
}

fn records(memory: &mut Memory) -> Vec<Vec<u8>> {
    DurableLog::open(memory).unwrap().1
}

#[test]
fn wherever_it_is_torn_the_whole_records_before_remain() {
    let mut whole = Memory::default();
    let (mut log, _) = DurableLog::open(&mut whole).unwrap();
    let written: [&[u8]; 3] = [b"first", b"", b"third"];
    for record in written {
        log.append(record).unwrap();
    }
    let ends = [0, 13, 21, 34];
    assert_eq!(whole.bytes.len(), ends[3]);
    for cut in 0..=whole.bytes.len() {
        let mut torn = Memory { bytes: whole.bytes[..cut].to_vec(), ..Memory::default() };
        let kept = ends.iter().filter(|end| **end <= cut).count() - 1;
        assert_eq!(records(&mut torn), written[..kept], "cut after {cut}");
        assert_eq!(torn.bytes.len(), ends[kept], "the torn part is gone");
        assert_eq!(torn.syncs, 1, "what was found is made durable first");
    }
}

#[test]
fn a_flipped_bit_ends_the_log() {
    let mut memory = Memory::default();
    let (mut log, _) = DurableLog::open(&mut memory).unwrap();
    log.append(b"first").unwrap();
    log.append(b"second").unwrap();
    let whole = memory.bytes.clone();
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let kept = usize::from(bit / 8 >= 13);
        assert_eq!(records(&mut Memory { bytes, ..Memory::default() }).len(), kept, "bit {bit}");
    }
}

#[test]
fn zeros_that_a_file_system_left_are_no_records() {
    assert!(records(&mut Memory { bytes: vec![0; 4_096], ..Memory::default() }).is_empty());
}

#[test]
fn after_a_failed_sync_nothing_is_taken() {
    let mut memory = Memory::default();
    let (mut log, _) = DurableLog::open(&mut memory).unwrap();
    log.append(b"first").unwrap();
    log.file.fails = true;
    assert!(log.sync().is_err());
    log.file.fails = false;
    assert!(log.sync().is_err(), "a second sync could lie");
    assert!(log.append(b"second").is_err() && log.rewrite([]).is_err());
    assert_eq!(records(&mut memory), [b"first"]);
}

#[test]
fn too_long_a_record_is_refused_and_harms_nothing() {
    let mut memory = Memory::default();
    let (mut log, _) = DurableLog::open(&mut memory).unwrap();
    assert!(log.append(&vec![0; MAX_RECORD + 1]).is_err());
    log.append(b"fits").unwrap();
    log.sync().unwrap();
    assert_eq!(records(&mut memory), [b"fits"]);
}

#[test]
fn a_rewritten_file_holds_the_new_records_only() {
    let path = std::env::temp_dir().join(format!("tenfold-rewrite-{}", std::process::id()));
    let (mut log, before) = DurableLog::open(DiskFile::open(&path).unwrap()).unwrap();
    assert!(before.is_empty());
    for record in [b"a", b"b", b"c"] {
        log.append(record).unwrap();
    }
    log.rewrite([&b"c"[..]]).unwrap();
    log.append(b"d").unwrap();
    log.sync().unwrap();
    let (_, records) = DurableLog::open(DiskFile::open(&path).unwrap()).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(records, [b"c", b"d"]);
}
