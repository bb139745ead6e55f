//! Levels over time: a bar for each span, its worst level by colour and by a sign under it, and deployments.

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect};

use super::super::{
    Look, figures,
    paint::{Row, line},
};
use crate::{
    domain::theme::Role,
    state::{
        Model,
        logs::{
            tally::{Counts, sum},
            view::bars,
        },
    },
};

/// Draws it: `13:55 ▁▁▂█ 14:02`, and the signs below.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    let Some((begin, seconds, counts)) = model.logs.tally().columns(bars(area.width)) else {
        return;
    };
    let columns = i64::from(area.width);
    let end = begin + seconds * i64::try_from(counts.len()).unwrap_or(columns);
    let minute = |second| {
        Timestamp::from_second(second)
            .map_or_else(|_| String::new(), |at| figures::minute(model, look, at))
    };
    let most = counts.iter().map(|c| sum(*c)).max().unwrap_or(0).max(1);
    let mut upper = Row::new();
    let mut lower = Row::new();
    upper.push(format!(" {} ", minute(begin)), look.style(Role::LogTime));
    lower.gap(upper.width());
    let chosen = model.logs.moment.map(|at| (at - begin).div_euclid(seconds));
    let deployed = deployments(model, begin, seconds);
    for (column, counts) in (0..).zip(&counts) {
        let role = match worst(*counts) {
            2 => Role::SparkBad,
            1 => Role::Warning,
            _ => Role::Spark,
        };
        let bar = if sum(*counts) == 0 {
            " "
        } else {
            look.glyphs.spark(sum(*counts) as f64 / most as f64)
        };
        upper.push(bar, look.style(role));
        let (sign, role) = if chosen == Some(column) {
            (look.glyphs.up, Role::Accent)
        } else if deployed.iter().any(|(at, _)| *at == column) {
            (look.glyphs.moment, Role::Accent)
        } else {
            match worst(*counts) {
                2 => (look.glyphs.critical, Role::Critical),
                1 => (look.glyphs.warning, Role::Warning),
                _ => (" ", Role::Dim),
            }
        };
        lower.push(sign, look.style(role));
    }
    upper.push(format!(" {}", minute(end)), look.style(Role::LogTime));
    upper.draw(look, line(area, 0), buffer);
    lower.draw(look, line(area, 1), buffer);
    legend(
        model,
        look,
        &deployed,
        (begin, seconds, &counts),
        line(area, 1),
        buffer,
    );
}

/// The worst level of a span: 2 for errors, 1 for warnings.
const fn worst(counts: Counts) -> usize {
    if counts[2] > 0 {
        2
    } else if counts[1] > 0 {
        1
    } else {
        0
    }
}

/// Rollouts of the services shown, by the column in which they began.
fn deployments(model: &Model, begin: i64, seconds: i64) -> Vec<(i64, String)> {
    let services = &model.logs.services;
    let rollouts = model.snapshot().rollouts.iter();
    rollouts
        .filter(|rollout| services.is_empty() || services.contains(&rollout.service))
        .filter_map(|rollout| {
            let at = (rollout.began()?.as_second() - begin).div_euclid(seconds);
            Some((at, format!("{} {}", rollout.service.name, rollout.to)))
        })
        .collect()
}

/// What the signs mean: of the span that is chosen, or of the newest deployment.
fn legend(
    model: &Model,
    look: &Look,
    deployed: &[(i64, String)],
    (begin, seconds, counts): (i64, i64, &[Counts]),
    area: Rect,
    buffer: &mut Buffer,
) {
    let clock = |second| {
        Timestamp::from_second(second)
            .map_or_else(|_| String::new(), |at| figures::clock(model, look, at))
    };
    let mut row = Row::new();
    if let Some(moment) = model.logs.moment {
        let column = (moment - begin).div_euclid(seconds);
        let counts = usize::try_from(column)
            .ok()
            .and_then(|column| counts.get(column));
        let [well, warnings, errors] = counts.copied().unwrap_or_default();
        row.push(
            format!(
                " {}  {errors} errors  {warnings} warnings  {well} others  ",
                clock(moment)
            ),
            look.style(Role::Accent),
        );
        row.push(look.glyphs.enter, look.style(Role::Key));
        row.push(" go there ", look.style(Role::KeyLabel));
    } else if let Some((column, what)) = deployed
        .iter()
        .find(|(at, _)| usize::try_from(*at).is_ok_and(|at| at < counts.len()))
    {
        let moment = look.glyphs.moment;
        let at = clock(begin + column * seconds);
        row.push(format!(" {moment} {what} {at} "), look.style(Role::Accent));
    }
    // Not over the bar that is chosen.
    let half = begin + seconds * i64::from(area.width / 2);
    let late = model.logs.moment.is_some_and(|moment| moment > half);
    if late {
        row.draw(look, area, buffer);
    } else {
        row.draw_right(look, area, buffer);
    }
}
