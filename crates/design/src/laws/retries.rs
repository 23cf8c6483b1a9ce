//! Retries at one layer: attempts of layers multiply.

use super::{broken, paths};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding, LinkId};

pub(super) fn law(_: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (name, flow) in &design.flows {
        paths::calls(flow, &mut |waiting, call| {
            let mut chain: Vec<&str> = waiting.to_vec();
            chain.push(call.to());
            let mut layers = Vec::new();
            for pair in chain.windows(2) {
                let id = LinkId::new(pair[0], pair[1]);
                let retry = design.links.get(&id).and_then(|link| link.retry.as_ref());
                if let Some(retry) = retry.filter(|retry| retry.options.max_attempts > 1) {
                    layers.push((id, retry.options.max_attempts));
                }
            }
            let last_retries = layers.last().is_some_and(|(id, _)| id.to == call.to());
            if layers.len() < 2 || !last_retries {
                return;
            }
            let calls: u32 = layers.iter().map(|(_, attempts)| attempts).product();
            let names: Vec<String> = layers.iter().map(|(id, _)| id.to_string()).collect();
            let path = format!("links.{}.retry", layers[0].0);
            if findings.iter().any(|f| f.path.as_ref() == Some(&path) && f.about[0] == *name) {
                return;
            }
            findings.push(broken(
                &[name],
                path,
                t(
                    format!(
                        "{name} is retried at {} layers ({}): one request may become {calls} \
                         calls when the last is slow. Retry at one layer.",
                        layers.len(),
                        names.join(", ")
                    ),
                    format!(
                        "{name} 경로는 {}개 계층({})에서 재시도한다. 마지막이 느려지면 요청 하나가 \
                         호출 {calls}번이 된다. 재시도는 한 계층에서만 해야 한다.",
                        layers.len(),
                        names.join(", ")
                    ),
                ),
            ));
        });
    }
    findings
}
