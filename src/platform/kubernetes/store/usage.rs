//! What pods use, put into their rows.

use super::Store;
use crate::platform::kubernetes::metrics::Measured;

impl Store {
    /// Takes what was measured; what was not, is not known.
    pub(in super::super) fn measured(&mut self, measured: &Measured) {
        let mut changed = Vec::new();
        for pod in self.pods.values_mut() {
            let name = (pod.namespace.to_string(), pod.instance.name.to_string());
            if pod.measure(measured.get(&name).copied()) {
                changed.push((pod.key().clone(), pod.instance.node.clone()));
            }
        }
        for (key, node) in changed {
            self.touch(&key);
            self.touch_node(&node);
        }
    }
}
