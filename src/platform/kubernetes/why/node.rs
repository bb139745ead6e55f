//! How well a node is.

use super::{Judged, Said, weigh};
use crate::{
    domain::{health::Health, service::TroubleKind},
    platform::kubernetes::rows::Node,
    safe,
    text::SafeText,
};

/// Judges a node: whether it answers, what it runs out of, whether somebody keeps new pods away.
pub(in super::super) fn node(node: &Node) -> Judged {
    let mut all = Vec::new();
    let mut say =
        |health, text, since| all.push(Said::new(health, text, since).of(TroubleKind::Node));
    match node.ready {
        Some(true) => {}
        Some(false) => say(
            Health::Critical,
            SafeText::from_static("not ready"),
            node.since,
        ),
        None => say(
            Health::Critical,
            SafeText::from_static("its kubelet no longer answers"),
            node.since,
        ),
    }
    for pressure in &node.pressures {
        let text = match &*pressure.kind {
            "MemoryPressure" => SafeText::from_static("runs out of memory"),
            "DiskPressure" => SafeText::from_static("runs out of disk"),
            "PIDPressure" => SafeText::from_static("runs out of process numbers"),
            "NetworkUnavailable" => SafeText::from_static("its network is not set up"),
            kind => safe!("{kind}: {}", pressure.message),
        };
        all.push(Said::new(Health::Warning, text, pressure.since).of(TroubleKind::Pressure));
    }
    if node.cordoned {
        let text = SafeText::from_static("cordoned: no new pods go there");
        all.push(Said::new(Health::Well, text, None));
    }
    weigh(all, Health::Well)
}
