//! Gate 1, on the whole screen: hostile bytes in every text that comes from outside, through the state, every pane and
//! every layer, to the bytes for the terminal; and through what is copied and saved.

mod lists;
pub(crate) mod world;

use std::{collections::HashSet, sync::Arc};

use quarterdeck::{
    config,
    domain::{action::Action, command::Command, source::SourceHealth},
    state::{
        Effect, Layer, Loop, Model, Msg, Pane, Work,
        keys::run,
        layer::{details, help, inspect, picker, plan, prompt},
        logs,
        services::RowId,
        update,
    },
    text::{SafeText, StyledText},
    ui::Look,
};

use self::world::{Outside, at};
use crate::{
    hostile_text::{CORPUS, is_clean},
    screen::{look, show},
};

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];

/// A console whose every text from outside is hostile.
fn hostile(outside: &mut Outside<'_>, rows: usize) -> Model {
    let mut model = Model::default();
    let keymap = config::keymap::built_in("default").expect("shipped");
    let _ = update(&mut model, Msg::Keymap(Arc::new(keymap)));
    let _ = update(&mut model, Msg::Clock(at(0)));
    let _ = update(&mut model, outside.place());
    let _ = update(&mut model, outside.source(rows, SourceHealth::Live));
    for msg in outside.alerts(rows) {
        let _ = update(&mut model, msg);
    }
    let _ = logs::follow(&mut model, Vec::new());
    let lines = outside.logs(&model, rows * 2);
    let _ = update(&mut model, lines);
    for _ in 0..8 {
        let _ = update(&mut model, outside.happening());
    }
    model.operator = Some(SafeText::from_static("sre-1"));
    model.capabilities.exec = true;
    model
}

/// Everything that can lie over the panes, each opened anew.
fn layers(model: &mut Model, outside: &mut Outside<'_>, mut seen: impl FnMut(&mut Model)) {
    let service = model.snapshot().services[0].id.clone();
    let instance = model.snapshot().services[0].instances[0].id.clone();
    let mut top = |model: &mut Model| {
        assert!(!model.layers.is_empty(), "nothing was opened");
        seen(model);
        model.layers.clear();
    };
    for command in [
        Command::Help,
        Command::Palette,
        Command::Diagnostics,
        Command::Environments,
        Command::Sort,
        Command::Events,
        Command::Scale,
        Command::Rollout,
    ] {
        model.services.cursor.selected = Some(RowId::Service(service.clone()));
        let _ = run(model, command);
        let _ = update(model, outside.paste());
        top(model);
    }
    let _ = details::open(model, service.clone());
    let _ = update(model, outside.details(model.next_op));
    top(model);
    let _ = inspect::open(model, service.clone(), instance.clone());
    let _ = update(model, outside.raw(model.next_op));
    top(model);
    for answer in 0..3 {
        match answer {
            0 => drop(plan::act(model, Action::Restart, vec![service.clone()])),
            1 => drop(details::open(model, service.clone())),
            _ => drop(inspect::open(model, service.clone(), instance.clone())),
        }
        for msg in outside.refused(model.next_op) {
            let _ = update(model, msg);
        }
        top(model);
    }
    let _ = update(model, outside.leftover(service.clone()));
    top(model);
    let _ = help::open(model);
    let _ = picker::since(model);
    let _ = picker::save_logs(model);
    top(model);
    let _ = prompt::ask(model, prompt::Asked::Scale(vec![service.clone()]), "3");
    top(model);
    let operator = model.operator.take();
    let _ = plan::act(model, Action::Restart, vec![service.clone()]);
    let _ = update(model, outside.paste());
    top(model);
    model.operator = operator;
    let actions = [
        Action::Stop,
        Action::RollBack { to: None },
        Action::Rollout {
            image: SafeText::from_static("v2"),
        },
    ];
    for (action, in_git) in actions
        .into_iter()
        .flat_map(|a| [(a.clone(), false), (a, true)])
    {
        let _ = plan::act(model, action.clone(), vec![service.clone()]);
        let Some(Layer::Plan(dialog)) = model.layers.last() else {
            panic!("no dialog for {action:?}")
        };
        let target = dialog.target.clone();
        let preview = outside.preview(model.next_op, action, target);
        let _ = update(model, preview);
        let _ = update(model, outside.paste());
        if let Some(Layer::Plan(dialog)) = model.layers.last_mut() {
            (dialog.whole_diff, dialog.revealed, dialog.in_git) = (true, true, in_git);
        }
        top(model);
    }
}

/// Each pane alone, and all of them.
fn panes(model: &mut Model, look: &Look, size: (u16, u16)) {
    for pane in Pane::ALL {
        model.focus = pane;
        for zoomed in [false, true] {
            model.zoomed = zoomed;
            show(model, look, size);
        }
    }
    model.zoomed = false;
    model.focus = Pane::Services;
}

#[test]
fn the_corpus_in_every_pane_and_layer() {
    let look = look();
    for first in 0..CORPUS.len() {
        let outside = &mut Outside::new(CORPUS, first);
        let mut model = hostile(outside, 7);
        for size in SIZES {
            panes(&mut model, &look, size);
            let _ = update(&mut model, outside.notice());
            layers(&mut model, outside, |model| {
                show(model, &look, size);
            });
        }
        for health in [SourceHealth::Stale, SourceHealth::Offline] {
            let _ = update(&mut model, outside.source(2, health));
            show(&mut model, &look, SIZES[0]);
        }
    }
}

#[test]
fn an_action_whose_every_word_is_hostile() {
    let look = look();
    for first in 0..CORPUS.len() {
        let outside = &mut Outside::new(CORPUS, first);
        let mut model = hostile(outside, 2);
        let service = model.snapshot().services[0].id.clone();
        let _ = plan::act(&mut model, Action::Restart, vec![service]);
        let Some(Layer::Plan(dialog)) = model.layers.last() else {
            panic!("no dialog")
        };
        let target = dialog.target.clone();
        let preview = outside.preview(model.next_op, Action::Restart, target);
        let _ = update(&mut model, preview);
        let _ = update(&mut model, Msg::Clock(at(1)));
        let enter = "enter".parse().expect("a key");
        let effects = update(&mut model, Msg::Key(enter)).effects;
        let carried = effects.iter().find_map(|effect| match effect {
            Effect::Work(Work::Carry(plan)) => Some(plan.id()),
            _ => None,
        });
        model.focus = Pane::Rollouts;
        for msg in outside.progress(carried.expect("it was confirmed")) {
            let _ = update(&mut model, msg);
            for size in SIZES {
                show(&mut model, &look, size);
            }
        }
    }
}

#[test]
fn what_is_copied_and_saved_is_text() {
    for first in 0..CORPUS.len() {
        let outside = &mut Outside::new(CORPUS, first);
        let mut model = hostile(outside, 30);
        let _ = update(&mut model, Msg::Resized(200, 60));
        model.focus = Pane::Logs;
        let mut effects = run(&mut model, Command::Copy).effects;
        for form in [logs::Form::Written, logs::Form::Fields, logs::Form::Message] {
            effects.extend(logs::save(&mut model, form).effects);
            while model.logs.busy() {
                effects.extend(logs::work(&mut model).effects);
            }
        }
        let mut exported = 0;
        for effect in effects {
            let text = match effect {
                Effect::Loop(Loop::Copy(text)) => text,
                Effect::Work(Work::Save { name, text }) => {
                    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
                    assert!(name.chars().all(plain) && !name.starts_with('.'), "{name}");
                    text
                }
                other => panic!("{other:?}"),
            };
            exported += 1;
            assert!(!text.is_empty());
            for line in text.lines() {
                assert!(is_clean(line), "{line:?}");
            }
        }
        assert_eq!(exported, 4, "one copy, three files");
    }
}

/// All strings of one and two bytes, and those of three with ESC or a C1 byte, as names, words and log lines. What the
/// way in makes the same is shown once.
#[test]
fn short_strings_as_names_and_as_lines() {
    let special = |byte: u8| byte == 0x1B || (0x80..=0x9F).contains(&byte);
    let mut known = HashSet::new();
    let mut short = Vec::<Vec<u8>>::new();
    let mut take = |bytes: &[u8]| {
        let shown = (
            SafeText::name(bytes),
            StyledText::log_line(bytes).text().clone(),
        );
        if known.insert(shown) {
            short.push(bytes.to_vec());
        }
    };
    for one in 0..=255 {
        take(&[one]);
        for two in 0..=255 {
            take(&[one, two]);
        }
    }
    // All of the long ones take too long for every run; the sanitiser's own gate always has them.
    let step = crate::gate::size(61, 1) as u8;
    for one in 0..=255u8 {
        for two in 0..=255u8 {
            for three in (one.wrapping_add(two) % step..=255).step_by(usize::from(step)) {
                if special(one) || special(two) || special(three) {
                    take(&[one, two, three]);
                }
            }
        }
    }
    let look = look();
    let short: Vec<&[u8]> = short.iter().map(Vec::as_slice).collect();
    println!("{} strings", short.len());
    for page in short.chunks(400) {
        let outside = &mut Outside::new(page, 0);
        let mut model = hostile(outside, 1);
        let _ = update(&mut model, Msg::Resized(80, 420));
        let lines = outside.logs(&model, page.len());
        let _ = update(&mut model, lines);
        let _ = update(
            &mut model,
            outside.source(page.len() / 8, SourceHealth::Live),
        );
        model.zoomed = true;
        for pane in [Pane::Services, Pane::Logs] {
            model.focus = pane;
            show(&mut model, &look, (80, 420));
        }
    }
}
