//! Where the parts of a walked list stand.

use ratatui::layout::Rect;

use super::super::{Model, layer::dialog};

/// The parts, one under the other. Frames of neighbours share a border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The line that says which list, how far, who has control, and by when.
    pub status: Rect,
    /// What the abort criterion says while it is met; else no rows high.
    pub banner: Rect,
    /// The frame of the steps.
    pub steps: Rect,
    /// The frame of what shows how the step under the cursor stands.
    pub evidence: Rect,
    /// The frame of the service that the step is about; no rows high where there is none, or no room.
    pub service: Rect,
}

/// From so many rows on, frames not counted, there is room for the step's own service.
const ROOMY: u16 = 14;

/// Where they stand now. The sizes follow from the screen alone, so that nothing jumps while values change.
pub fn parts(model: &Model) -> Parts {
    let body = dialog::body(model);
    let Some(view) = &model.checklist.view else {
        return Parts::default();
    };
    let banner = if view.run().breach().is_some() { 2 } else { 0 };
    let rest = body.height.saturating_sub(1 + banner + 3);
    let evidence = (rest / 3).clamp(2, 8).min(rest.saturating_sub(1));
    let service = if rest >= ROOMY && model.step_service().is_some() {
        (rest / 4).min(16) + 1
    } else {
        0
    };
    let steps = if view.whole {
        0
    } else {
        rest.saturating_sub(evidence + service)
    };
    let evidence = rest.saturating_sub(steps + service);
    let mut from = body.y;
    let mut part = |height: u16, shared: u16| {
        let y = from.saturating_sub(shared);
        let height = height.min(body.bottom().saturating_sub(y));
        from = y + height;
        Rect { y, height, ..body }
    };
    Parts {
        status: part(1, 0),
        banner: part(banner, 0),
        steps: if steps == 0 {
            Rect::ZERO
        } else {
            part(steps + 2, 0)
        },
        evidence: part(evidence + 2, u16::from(steps > 0)),
        service: if service == 0 {
            Rect::ZERO
        } else {
            part(service + 1, 1)
        },
    }
}
