//! Where everything is on the screen: one pure function, for drawing and for the mouse.

use ratatui::layout::Rect;

use super::{Effect, Layer, Model, Pane, alerts, checklist, rollouts, services};

/// From this width on the panes stand in two columns.
const TWO_COLUMNS: u16 = 110;
/// From this width on the details stand beside the panes.
const BESIDE: u16 = 180;
/// With fewer rows than this there is one pane, and the others are counts in its frame.
const STACKED_ROWS: u16 = 14;
/// With fewer columns than this too.
const STACKED_COLUMNS: u16 = 50;

/// The parts of the screen. Frames of neighbours share their border: their rectangles overlap by one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// The line at the top.
    pub header: Rect,
    /// Everything between header and hints.
    pub body: Rect,
    /// The line of keys at the bottom.
    pub hints: Rect,
    /// The frame of each pane, in the order of [`Pane::ALL`]; `None` where it is not shown.
    pub panes: [Option<Rect>; 4],
    /// Where the details stand when they stand beside the panes.
    pub aside: Option<Rect>,
}

impl Regions {
    /// The frame of a pane.
    pub const fn frame(&self, pane: Pane) -> Option<Rect> {
        self.panes[pane as usize]
    }

    /// What is within the frame of a pane; empty where it is not shown.
    pub fn inner(&self, pane: Pane) -> Rect {
        self.frame(pane).map_or(Rect::ZERO, inner)
    }

    /// The pane at a cell.
    pub fn pane_at(&self, column: u16, row: u16) -> Option<Pane> {
        Pane::ALL.into_iter().find(|&pane| {
            self.frame(pane)
                .is_some_and(|frame| frame.contains((column, row).into()))
        })
    }

    /// How many panes are shown.
    pub fn shown(&self) -> usize {
        self.panes.iter().flatten().count()
    }
}

/// What is within a frame.
pub fn inner(frame: Rect) -> Rect {
    Rect {
        x: frame.x.saturating_add(1),
        y: frame.y.saturating_add(1),
        width: frame.width.saturating_sub(2),
        height: frame.height.saturating_sub(2),
    }
}

/// Where everything is that stands there whatever the model holds.
pub fn bare(area: Rect) -> Regions {
    let header = Rect {
        height: u16::from(area.height >= 4),
        ..area
    };
    let hints = Rect {
        y: area.bottom().saturating_sub(1),
        height: u16::from(area.height >= 6),
        ..area
    };
    Regions {
        header,
        hints,
        body: Rect {
            y: area.y + header.height,
            height: area.height - header.height - hints.height,
            ..area
        },
        ..Regions::default()
    }
}

/// Where everything is.
pub fn layout(area: Rect, model: &Model) -> Regions {
    let mut regions = bare(area);
    let mut home = regions.body;
    if let Some(layer) = model.layers.iter().find(|layer| layer.fills()) {
        let alone = model.layers.iter().filter(|layer| layer.fills()).count() == 1;
        if !matches!(layer, Layer::Details(_)) || !alone || area.width < BESIDE {
            return regions;
        }
        let width = area.width * 2 / 5;
        home.width = area.width - width;
        regions.aside = Some(Rect {
            x: home.right(),
            width,
            ..regions.body
        });
    }
    let small = home.height < STACKED_ROWS || home.width < STACKED_COLUMNS;
    if model.zoomed || small {
        regions.panes[model.focus as usize] = Some(home);
    } else if home.width >= TWO_COLUMNS {
        regions.panes = two_columns(home, model);
    } else {
        regions.panes = stacked(home, model);
    }
    regions
}

/// Services on the left, rollouts over alerts on the right, and the logs under them: lines of logs are long.
fn two_columns(home: Rect, model: &Model) -> [Option<Rect>; 4] {
    let width = home.width * 3 / 5;
    let columns = (home.width - width).saturating_sub(1);
    let rollouts = wanted(model, Pane::Rollouts, columns).clamp(2, home.height / 4) + 2;
    let alerts = wanted(model, Pane::Alerts, columns).clamp(2, home.height / 4) + 2;
    let services = wanted(model, Pane::Services, width.saturating_sub(2)) + 2;
    let most = if model.focus == Pane::Logs {
        home.height / 2
    } else {
        home.height * 2 / 3
    };
    let upper = services.max(rollouts + alerts - 1).clamp(8, most.max(8));
    let (upper, logs) = split(home, upper);
    let left = Rect { width, ..upper };
    let right = Rect {
        x: left.right() - 1,
        width: upper.width - width + 1,
        ..upper
    };
    // The rollouts have the room that the alerts leave.
    let (rollouts, alerts) = split(
        right,
        (upper.height - alerts + 1).max(upper.height / 3).max(3),
    );
    [left, rollouts, alerts, logs].map(Some)
}

/// A frame in two, the upper one so high; they share a border.
fn split(area: Rect, upper: u16) -> (Rect, Rect) {
    let lower = Rect {
        y: area.y + upper - 1,
        height: area.height - upper + 1,
        ..area
    };
    let upper = Rect {
        height: upper,
        ..area
    };
    (upper, lower)
}

/// One over the other. The services come first, or the pane in focus; spare rows go to rollouts, alerts, logs.
fn stacked(home: Rect, model: &Model) -> [Option<Rect>; 4] {
    let room = home.height - 5;
    let columns = home.width.saturating_sub(2);
    let mut wants = Pane::ALL.map(|pane| wanted(model, pane, columns));
    let focus = model.focus as usize;
    // Where nothing moves, a line says so, or what was changed last; what has something to say has the rows.
    let moves = model.rollouts.present() > 0;
    // Two lines each, unless the services need the room: then one.
    let floor = if wants[0] + 3 <= room { 2 } else { 1 };
    let mut heights = wants.map(|wants| wants.min(floor));
    if !moves {
        heights[1] = 1;
    }
    heights[0] = wants[0].min(if focus == 0 { room } else { 5 });
    heights[0] = heights[0].min(room - 3 * floor);
    // Lists of alerts grow long, and the newest stand at their top: logs are left some room.
    let most = room / 4 + 1;
    if model.focus != Pane::Alerts && wants[2] > most {
        wants[2] = most;
    }
    let mut spare = room - heights.iter().sum::<u16>();
    // More than the few lines in which groups are told would stay empty, unless there is room for a list.
    if heights[2] + spare < wants[2] {
        wants[2] = alerts::told(model, heights[2] + spare);
    }
    let mut give = |pane: usize, most: u16| {
        let more = most.saturating_sub(heights[pane]).min(spare);
        heights[pane] += more;
        spare -= more;
    };
    // The services have had theirs: what others left over is for those that want it.
    if focus != 0 {
        give(focus, wants[focus]);
    }
    let upper = if moves { [1, 2] } else { [2, 1] };
    for pane in upper.into_iter().chain([0, 3]) {
        give(pane, wants[pane]);
    }
    give(0, u16::MAX);
    let mut y = home.y;
    heights.map(|height| {
        let frame = Rect {
            y,
            height: height + 2,
            ..home
        };
        y += height + 1;
        Some(frame)
    })
}

/// How many lines a pane would fill, within so many columns.
fn wanted(model: &Model, pane: Pane, columns: u16) -> u16 {
    let lines = match pane {
        Pane::Services => services::wanted(model, columns),
        Pane::Rollouts => rollouts::wanted(model, columns),
        Pane::Alerts => alerts::wanted(model),
        // Without a line there is nothing to give room to.
        Pane::Logs if model.logs.store().is_empty() => 1,
        Pane::Logs => usize::from(u16::MAX / 4),
    };
    u16::try_from(lines)
        .unwrap_or(u16::MAX / 4)
        .clamp(1, u16::MAX / 4)
}

/// After a change: keeps the selected rows on screen. Says what the platform is to be told of it.
pub fn settle(model: &mut Model) -> Option<Effect> {
    let (columns, rows) = model.size;
    let regions = layout(Rect::new(0, 0, columns, rows), model);
    let height = |pane| usize::from(regions.inner(pane).height);

    let below = services::parts(model, regions.inner(Pane::Services))
        .rows
        .height;
    let pane = &mut model.services;
    if let Some(at) = pane.cursor.position(pane.rows()) {
        let lines = pane.rows().len();
        pane.cursor.scroll(at, lines, usize::from(below));
    }

    let inner = regions.inner(Pane::Rollouts);
    let lines = rollouts::lines(model, inner.width, inner.height);
    let selected = model.rollouts.cursor.selected.as_ref();
    let at = lines.iter().position(|(id, _)| Some(*id) == selected);
    let lines = lines.len();
    let cursor = &mut model.rollouts.cursor;
    cursor.scroll(at.unwrap_or(0), lines, height(Pane::Rollouts));

    let lines = alerts::lines(model, regions.inner(Pane::Alerts).height);
    let selected = model.alerts.cursor.selected.as_ref();
    let at = lines
        .iter()
        .position(|line| line.fingerprint() == selected && selected.is_some());
    // The heading above the first alert stays with it.
    let at = at.map_or(0, |at| if at == 1 { 0 } else { at });
    let lines = lines.len();
    let cursor = &mut model.alerts.cursor;
    cursor.scroll(at, lines, height(Pane::Alerts));

    checklist::settle(model);
    let within = self::inner(regions.body);
    checklist::offer::scroll(model, usize::from(within.height));

    services::tell_visible(model, below)
}
