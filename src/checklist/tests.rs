//! Lists as teams have them, and every mistake in one.

use std::{path::Path, sync::Arc, time::Duration};

use super::*;
use crate::{
    domain::{
        action::Action,
        report::{Report, Source},
        service::{Service, ServiceId, ServiceKind},
    },
    text::SafeText,
};

/// What `text` reads as.
pub(super) fn document(text: &str) -> Arc<Document> {
    let source = Source::new(Path::new("list.md"), text);
    let reading = read(&source, None).unwrap_or_else(|report| panic!("{report}"));
    Arc::new(reading.document)
}

fn wrong(text: &str, known: Option<&Known>) -> Vec<String> {
    let source = Source::new(Path::new("list.md"), text);
    let report = match read(&source, known) {
        Ok(reading) => reading.warnings,
        Err(report) => report,
    };
    report.problems().iter().map(ToString::to_string).collect()
}

fn of_deployments(name: &str) -> Result<Reading, Report> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/deployments/{name}.md"));
    let text = std::fs::read_to_string(&path).expect("the deployments are there");
    read(&Source::new(&path, text), None)
}

/// How many items or steps each list of a deployment has.
fn counts(name: &str) -> (Vec<usize>, Vec<usize>) {
    let reading = of_deployments(name).unwrap_or_else(|report| panic!("{report}"));
    assert!(reading.warnings.is_empty(), "{}", reading.warnings);
    let lists = reading.document.lists;
    let of = |kind| {
        let lists = lists.iter().filter(move |list| list.kind == kind);
        lists.map(|list| list.items.len()).collect()
    };
    (of(ListKind::Checklist), of(ListKind::Procedure))
}

#[test]
fn the_lists_that_teams_have_load_as_they_are() {
    for (name, items, steps) in [
        ("ancient-compute", vec![7, 5, 5, 5], vec![5, 6, 7, 7]),
        ("arches", vec![8, 7], vec![4]),
        ("three-tier-template", vec![6, 4, 4], vec![3, 7, 6, 6]),
        ("specify", vec![], vec![3, 3, 5]),
    ] {
        assert_eq!(counts(name), (items, steps), "{name}");
    }
}

#[test]
fn a_file_without_a_list_says_so_and_what_to_do() {
    let report = of_deployments("spiral-core").expect_err("there is no list in it");
    let [problem] = report.problems() else {
        panic!("{report}")
    };
    assert!(is_nothing(problem));
    assert!(
        problem
            .suggestion()
            .is_some_and(|help| help.contains("- [ ]"))
    );
    assert_eq!(problem.place().line_and_column(), Some((1, 1)));
}

#[test]
fn what_is_walked_is_named_by_its_heading() {
    let read = of_deployments("ancient-compute").expect("it reads");
    let names: Vec<&str> = read
        .document
        .lists
        .iter()
        .map(|l| l.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "Stage 1: Development",
            "Stage 2: Testing",
            "Stage 3: Production",
            "Pre-Deployment",
            "Deployment Day",
            "During Deployment",
            "Post-Deployment",
            "Failover Procedures",
        ]
    );
    assert_eq!(read.document.pick(None).expect("there are boxes").len(), 4);
    let picked = read.document.pick(Some("failover procedures"));
    assert_eq!(picked.expect("it is there")[0].items.len(), 7);
    let refused = read
        .document
        .pick(Some("Lunch"))
        .expect_err("there is none");
    assert!(
        refused.contains("Pre-Deployment, Deployment Day"),
        "{refused}"
    );
}

const FULL: &str = r#"---
name: Deploy day
environment: production
abort-when: alerts("critical") > 0 or error_rate("api") > 1%
planned: 1h
way-back: 30m
---
## Pre-deployment
- [ ] Backup taken `do: backup postgres` `check: backup_age("postgres") < 1h` `killer`
- [ ] All services healthy `check: healthy(*)` `timeout: 5m`
- [x] Support team `on call` `owner: ana`
    1. phone them
    2. wait

    ```sh
    make phone
    ```
  - [ ] Their phone works
- [ ] Quiet `soak: error_rate(*) < 0.1% for 10m`
- [ ] Go / no-go `gate`
## During deployment
- [ ] Roll out api `do: rollout api`

Steps
1. one
2. two
"#;

#[test]
fn an_item_says_what_settles_it() {
    let document = document(FULL);
    assert_eq!(document.name.as_str(), "Deploy day");
    assert_eq!(document.environment.as_deref(), Some("production"));
    assert_eq!(document.planned, Some(Duration::from_hours(1)));
    assert_eq!(document.way_back, Some(Duration::from_mins(30)));
    let abort = document.abort_when.as_ref().expect("it is read");
    assert_eq!(
        abort.words.as_str(),
        r#"alerts("critical") > 0 or error_rate("api") > 1%"#
    );
    let [before, during, steps] = document.lists.as_slice() else {
        panic!("{:?}", document.lists)
    };
    let told: Vec<_> = before
        .items
        .iter()
        .map(|i| (i.text.as_str(), i.kind.word(), i.depth))
        .collect();
    let wanted = [
        ("Backup taken", "do", 0),
        ("All services healthy", "check", 0),
        ("Support team on call", "attest", 0),
        ("Their phone works", "attest", 1),
        ("Quiet", "soak", 0),
        ("Go / no-go", "gate", 0),
    ];
    assert_eq!(told, wanted);
    let [backup, healthy, support, _, quiet, _] = before.items.as_slice() else {
        panic!("six")
    };
    assert!(backup.killer && !healthy.killer);
    let Kind::Do(order, Some(_)) = &backup.kind else {
        panic!("{:?}", backup.kind)
    };
    assert_eq!(order.action(), Some(&Action::BackUp));
    assert_eq!(healthy.timeout, Some(Duration::from_mins(5)));
    assert_eq!(support.owner.as_deref(), Some("ana"));
    assert_eq!(
        support.notes,
        [SafeText::name("phone them"), SafeText::name("wait")]
    );
    assert_eq!(support.commands, [SafeText::name("make phone")]);
    assert_eq!(quiet.planned(), Some(Duration::from_mins(10)));
    assert!(matches!(&during.items[0].kind, Kind::Do(order, None) if order.action().is_none()));
    assert_eq!((steps.kind, steps.items.len()), (ListKind::Procedure, 2));
    assert_eq!(steps.name.as_str(), "During deployment (2)");
}

#[test]
fn every_list_has_a_name_to_ask_for_it_by() {
    for text in [
        "# \u{1b}p\n- [ ] a\n# b\n1. c\n2. d\n#\n- [ ] e\n",
        "---\nname: \" \"\n---\n- [ ] a\n",
        "# \u{1b}p x\n- [ ] a\n",
    ] {
        let document = document(text);
        for list in &document.lists {
            let picked = document.pick(Some(&list.name)).expect("it is there");
            assert!(std::ptr::eq(picked[0], list), "{:?}", list.name);
            assert!(!list.name.is_empty());
        }
    }
}

#[test]
fn steps_in_code_are_numbered_from_one_and_keep_what_is_between() {
    let document = document(
        "# Up\n```bash\n1. Build\n   make\n2. Start: make up\n\n1. Only\nend\n```\n```\n3. no\n4. no\n```\n",
    );
    let [list] = document.lists.as_slice() else {
        panic!("{:?}", document.lists)
    };
    let told: Vec<_> = list.items.iter().map(|item| item.text.as_str()).collect();
    assert_eq!(told, ["Build", "Start: make up"]);
    assert_eq!(list.items[0].commands, [SafeText::name("make")]);
    assert_eq!(document.line(list), 3);
}

#[test]
fn what_is_in_code_or_comments_is_no_item() {
    let text = "- [ ] one\n\n```\n- [ ] no\n```\n\n<!--\n- [ ] no\n-->\n\n> - [ ] two\n\n1. [ ] three\n2. four\n";
    let document = document(text);
    let told: Vec<_> = document.items().map(|item| item.text.as_str()).collect();
    assert_eq!(told, ["one", "two", "three", "four"]);
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let known = Known {
        services: Some(vec![there(ServiceKind::Deployment, "shop", "api")]),
        set_up: vec![SafeText::name("nightly")],
        commands: vec![SafeText::name("pg_isready -h db")],
    };
    let text = "---\nnmae: x\nname:\nplanned: soon\nabort-when: alerts(critical) >\ntitle: mine\n---\n# A\n\
        - [ ] a `chek: healthy(*)`\n\
        - [ ] b `check: helthy(api)`\n\
        - [ ] c `check: healthy(apii) and healthy(shop/api) and backup_age(nightly) < 1d`\n\
        - [ ] d `soak: healthy(*)`\n\
        - [ ] e `check: healthy(*)` `soak: healthy(*) for 1m`\n\
        - [ ] f `gate` `check: healthy(*)`\n\
        - [ ] g `do: restrat api`\n\
        - [ ] h `do: restart wbe` `killer`\n\
        - [ ] i `do: drain wherever`\n\
        - [ ] j `timeout: 5` `owner: ` `gate: yes`\n\
        - [ ] k `check: healthy(*)` `check: ready(api) > 1`\n\
        - [ ] l `check: command(\"pg_isready  -h db\") and not command(\"pg_isready\")`\n";
    insta::assert_snapshot!(wrong(text, Some(&known)).join("\n"));
}

fn there(kind: ServiceKind, group: &str, name: &str) -> Arc<Service> {
    let (group, name) = (SafeText::name(group), SafeText::name(name));
    let id = ServiceId { group, name };
    Arc::new(Service {
        id,
        kind,
        ..Service::default()
    })
}

#[test]
fn what_an_order_is_about_is_there_and_of_its_kind_and_is_one() {
    let mut known = Known {
        services: Some(vec![
            there(ServiceKind::Deployment, "shop", "api"),
            there(ServiceKind::Deployment, "blog", "api"),
            there(ServiceKind::CronJob, "shop", "cj/tidy"),
            there(ServiceKind::Node, "", "node/node-a1"),
        ]),
        ..Known::default()
    };
    let good = "- [ ] a `do: cordon node-a1`\n- [ ] b `do: drain node/node-a1`\n\
        - [ ] c `do: cronjob tidy`\n- [ ] d `do: run cj/tidy`\n\
        - [ ] e `do: restart blog/api` `check: ready(shop/api) > 1`\n";
    assert_eq!(wrong(good, Some(&known)), [""; 0]);
    let list = "- [ ] a `do: cordon nodea1`\n- [ ] b `do: run tidyy`\n- [ ] c `do: drain api`\n\
        - [ ] d `do: restart api`\n- [ ] e `check: healthy(api)`\n- [ ] f `do: switch web`\n";
    insta::assert_snapshot!(wrong(list, Some(&known)).join("\n"));
    known.services = None;
    assert_eq!(wrong(list, Some(&known)), [""; 0], "nobody looked");
}

#[test]
fn what_was_meant_as_an_item_or_a_key_and_is_none_is_told() {
    let list = "# Day\n\
- [ ] Well `check: healthy(*)`\n\
- [] Sing\n\
- [ x ]Dance\n\
-[ ] Run\n\
- [x](https://shop.example) and [x] are links\n\
- [ ] Open `check: healthy(api)\n\
- [ ] Without check: ready(api) > 2\n\
- [ ] Copied (do: backup db)\n\
- [ ] Bare `healthy(*)`\n\
- [ ] All there is to do: check the lights, by `healthy` or `kubectl get (x)`\n\
```\n- [] code\n```\n";
    let told = wrong(list, None);
    let none = "this is no item, and is not walked";
    let stray = |key| format!("`{key}:` does nothing here: it stands outside of backticks");
    let bare = "this does nothing: it is an expression without its key";
    let wanted = [
        (3, none.to_owned()),
        (4, none.to_owned()),
        (5, none.to_owned()),
        (7, stray("check")),
        (8, stray("check")),
        (9, stray("do")),
        (10, bare.to_owned()),
    ];
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    for (told, (line, words)) in told.iter().zip(wanted) {
        assert!(told.contains(&words), "{told}");
        assert!(told.contains(&format!(":{line}:")), "{told}");
    }
}

#[test]
fn a_mistake_is_shown_under_its_line() {
    let source = Source::new(Path::new("list.md"), "# é\n- [ ] é `check: helthy(api)`\n");
    let report = read(&source, None).expect_err("a mistake");
    insta::assert_snapshot!(report.mistakes(false));
}

#[test]
fn every_template_passes_its_own_lint() {
    use crate::checklist::template::Template;
    let id = |group: &str, name: &str| ServiceId {
        group: SafeText::name(group),
        name: SafeText::name(name),
    };
    let many: Vec<_> = (0..12).map(|n| id("shop", &format!("svc-{n}"))).collect();
    let some = vec![
        id("shop", "api"),
        id("shop", "postgres15"),
        id("blog", "api"),
        id("shop", "web"),
        id("", "sts/redis-main"),
        id("shop", "od`d name"),
    ];
    for services in [vec![], some, many] {
        for template in Template::all() {
            let text = template.filled(&services);
            assert!(!text.contains('{') && !text.contains("<!--"), "{text}");
            // Without a database there is one to be written over.
            let backups = vec![SafeText::name("postgres")];
            let known = Known {
                services: Some(
                    services
                        .iter()
                        .chain(&[id("", "postgres")])
                        .map(|id| there(ServiceKind::Compose, &id.group, &id.name))
                        .collect(),
                ),
                set_up: backups,
                commands: Vec::new(),
            };
            let told = wrong(&text, Some(&known));
            let told: Vec<_> = told
                .iter()
                .filter(|line| !line.contains("in one go"))
                .collect();
            assert!(told.is_empty(), "{template:?}: {told:?}\n{text}");
            assert_eq!(Template::named(template.name()), Some(template));
        }
    }
}

#[test]
fn a_template_speaks_of_the_services_that_are_there() {
    use crate::checklist::template::Template;
    let id = |group: &str, name: &str| ServiceId {
        group: SafeText::name(group),
        name: SafeText::name(name),
    };
    let text =
        Template::DeployDay.filled(&[id("shop", "api"), id("blog", "api"), id("shop", "pg-main")]);
    for line in [
        "- [ ] Roll out shop/api `do: rollout shop/api` `check: rolled_out(shop/api)`",
        "- [ ] Roll out blog/api `do: rollout blog/api` `check: rolled_out(blog/api)`",
        "- [ ] A backup of pg-main is taken `do: backup pg-main` `check: backup_age(pg-main) < 1h` `killer`",
    ] {
        assert!(text.lines().any(|written| written == line), "{text}");
    }
    assert!(!text.contains("Roll out pg-main"), "{text}");
}
