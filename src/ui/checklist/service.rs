//! The service that the step is about: its rollout, and what it writes.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    super::{
        Look,
        layer::titled,
        logs,
        paint::{Row, line},
        rollouts,
    },
    title, within,
};
use crate::{domain::theme::Role, state::Model};

pub(super) fn draw(model: &Model, look: &Look, frame: Rect, buffer: &mut Buffer) {
    let Some(id) = model.step_service() else {
        return;
    };
    let area = within(frame);
    let name = model.name_of(&id);
    title(
        look,
        titled(look, &name),
        "what the step is about: state, rollout, logs",
        frame,
        buffer,
    );
    let Some(service) = model.snapshot().service(&id) else {
        return;
    };
    let mut row = Row::new();
    row.gap(1);
    if let Some(rollout) = rollouts::one(model, look, &id, usize::from(area.width)) {
        row.append(rollout);
    } else {
        let (ready, wanted) = (service.ready(), service.wanted());
        row.push(format!("{ready}/{wanted} ready"), look.style(Role::Text));
        row.push(format!("  {}", service.version), look.style(Role::Accent));
        if !service.why.is_empty() {
            row.push(format!("  {}", service.why), look.style(Role::Warning));
        }
    }
    row.draw(look, line(area, 0), buffer);
    let rest = Rect {
        y: area.y + 1.min(area.height),
        height: area.height.saturating_sub(1),
        ..area
    };
    logs::newest(model, look, &id, rest, buffer);
}
