//! The home screen at the sizes that people have.

use std::sync::Arc;

use insta::assert_snapshot;
use jiff::SignedDuration;
use quarterdeck::{
    config,
    domain::{
        alert::Acknowledgement, colour::ColourDepth, command::Command, glyphs::Glyphs,
        snapshot::Snapshot, source::SourceHealth,
    },
    state::{
        Msg, Pane, keys,
        services::{self, Sort},
        update,
    },
    text::SafeText,
    ui::Look,
};

use crate::{
    fixture::{id, shop, snapshot, source},
    picture::{look, no_colour, picture, text},
};

#[test]
fn at_80x24() {
    assert_snapshot!(picture(&mut shop(), &look(), 80, 24));
}

#[test]
fn at_40x10() {
    assert_snapshot!(picture(&mut shop(), &look(), 40, 10));
}

#[test]
fn at_120x40() {
    assert_snapshot!(picture(&mut shop(), &look(), 120, 40));
}

#[test]
fn at_200x60() {
    assert_snapshot!(picture(&mut shop(), &look(), 200, 60));
}

#[test]
fn without_colours() {
    assert_snapshot!(picture(&mut shop(), &no_colour(), 80, 24));
}

#[test]
fn in_sixteen_colours() {
    let nord = config::theme::built_in("nord").expect("it is shipped");
    let sixteen = Look {
        theme: nord.at_depth(ColourDepth::Ansi16),
        ..look()
    };
    let picture = picture(&mut shop(), &sixteen, 80, 24);
    assert_snapshot!(picture);
    // Colours of a terminal with more are `#rrggbb`, or a number.
    assert!(!picture.contains(" #"), "{picture}");
}

#[test]
fn in_ascii() {
    let ascii = Look {
        glyphs: Glyphs::ASCII,
        ..look()
    };
    let text = text(&mut shop(), &ascii, 80, 24);
    assert_snapshot!(text);
    // The rest is what services themselves wrote.
    let ours = text.replace('×', "");
    assert!(ours.is_ascii(), "{ours}");
}

#[test]
fn each_pane_zoomed() {
    let mut all = String::new();
    for pane in Pane::ALL {
        let mut model = shop();
        model.focus = pane;
        let _ = keys::run(&mut model, Command::Zoom);
        all.push_str(&text(&mut model, &look(), 80, 24));
        all.push_str("\n\n");
    }
    assert_snapshot!(all);
}

#[test]
fn each_pane_in_focus() {
    let mut all = String::new();
    for pane in Pane::ALL {
        let mut model = shop();
        model.focus = pane;
        all.push_str(&text(&mut model, &look(), 80, 24));
        all.push_str("\n\n");
    }
    assert_snapshot!(all);
}

#[test]
fn replicas_under_an_open_service() {
    let mut model = shop();
    let _ = keys::run(&mut model, Command::Right);
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}

#[test]
fn marked_services() {
    let mut model = shop();
    let _ = keys::run(&mut model, Command::Mark);
    let _ = keys::run(&mut model, Command::Mark);
    assert_snapshot!(picture(&mut model, &look(), 80, 24));
}

#[test]
fn several_projects() {
    let mut two = snapshot();
    for service in two.services.iter_mut().skip(7) {
        Arc::make_mut(service).id.group = SafeText::name("billing");
    }
    Arc::make_mut(&mut two.services[11]).id.group = SafeText::EMPTY;
    let mut model = shop();
    let state = source(SourceHealth::Live, 0, two);
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    let worst_first = text(&mut model, &look(), 80, 24);
    model.services.sort = Sort::Name;
    let _ = services::refresh(&mut model);
    let by_name = text(&mut model, &look(), 80, 24);
    assert_snapshot!(format!("{worst_first}\n\n{by_name}"));
}

#[test]
fn with_twenty_services_the_others_are_a_line_each() {
    let mut many = snapshot();
    for number in 0..8 {
        let mut one = (*many.services[4]).clone();
        one.id = id(&format!("web-{number}"));
        many.services.push(Arc::new(one));
    }
    let mut model = shop();
    let state = source(SourceHealth::Live, 0, many);
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}

#[test]
fn a_filter_shows_what_it_leaves() {
    let mut model = shop();
    let _ = keys::run(&mut model, Command::Filter);
    let _ = update(&mut model, Msg::Paste("!well v1".to_owned()));
    let text = text(&mut model, &look(), 80, 24);
    assert!(text.contains("Services 11 of 12 /!well v1▌"), "{text}");
}

#[test]
fn details_stand_beside_where_there_is_room() {
    let mut model = shop();
    let _ = keys::run(&mut model, Command::Details);
    let text = text(&mut model, &look(), 200, 40);
    assert!(
        text.contains("Services 12") && text.contains("╗╔ Details  shop/"),
        "{text}"
    );
}

#[test]
fn every_size_can_be_drawn() {
    for columns in [
        0, 1, 2, 3, 5, 9, 20, 39, 49, 50, 80, 109, 110, 179, 180, 300,
    ] {
        for rows in [0, 1, 2, 3, 4, 5, 6, 7, 10, 13, 14, 15, 16, 17, 24, 60] {
            for pane in Pane::ALL {
                let mut model = shop();
                model.focus = pane;
                text(&mut model, &look(), columns, rows);
                let _ = keys::run(&mut model, Command::Help);
                text(&mut model, &look(), columns, rows);
            }
        }
    }
}

#[test]
fn an_empty_pane_of_rollouts_leaves_its_rows_to_the_alerts() {
    let heights = |model: &mut quarterdeck::state::Model| {
        let _ = update(model, Msg::Resized(80, 24));
        let area = ratatui::layout::Rect::new(0, 0, 80, 24);
        let regions = quarterdeck::state::layout::layout(area, model);
        [Pane::Rollouts, Pane::Alerts].map(|pane| regions.inner(pane).height)
    };
    let mut model = shop();
    assert_eq!(heights(&mut model), [2, 2]);
    let still = Snapshot {
        rollouts: Vec::new(),
        ..snapshot()
    };
    let state = source(SourceHealth::Live, 0, still);
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    // What they can fill they get, and no more.
    assert_eq!(heights(&mut model), [1, 2]);
    let seen = Acknowledgement {
        fingerprint: model.alerts.all()[0].fingerprint.clone(),
        by: SafeText::name("ana"),
        at: model.now,
        until: model.now + SignedDuration::from_mins(15),
    };
    let identity = model.snapshot().host.identity.clone();
    let _ = update(&mut model, Msg::Acknowledged(identity, vec![seen]));
    assert_eq!(heights(&mut model), [1, 3]);
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}
