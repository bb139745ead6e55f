//! Columns line up, whatever services are called.

use std::sync::Arc;

use quarterdeck::{
    domain::source::SourceHealth,
    state::{Msg, update},
    text::{SafeText, width},
};

use crate::{
    fixture::{shop, snapshot, source},
    picture::{frame, look, rows},
};

const HOSTILE: [&[u8]; 8] = [
    b"\x1b]0;owned\x07api",
    "平台服务平台服务平台服务平台服务".as_bytes(),
    "a\u{202e}ipa".as_bytes(),
    "👩‍👩‍👧‍👦family".as_bytes(),
    b"\xff\xfe\x00\x9b31m",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}".as_bytes(),
    b"a-very-long-name-that-goes-on-and-on-until-nobody-reads-it-production-1",
    "ｆｕｌｌ｜ｗｉｄｔｈ".as_bytes(),
];

#[test]
fn hostile_names_leave_the_frame_and_the_columns_whole() {
    let mut hostile = snapshot();
    for (service, name) in hostile.services.iter_mut().zip(HOSTILE) {
        let service = Arc::make_mut(service);
        service.id.name = SafeText::name(name);
        service.why = SafeText::line(name);
        service.version = SafeText::name(name);
    }
    for rollout in &mut hostile.rollouts {
        let rollout = Arc::make_mut(rollout);
        rollout.to = SafeText::name(HOSTILE[1]);
        rollout.service.name = SafeText::name(HOSTILE[3]);
    }
    for (columns, height) in [(40, 10), (80, 24), (120, 40), (200, 60)] {
        let mut model = shop();
        let _ = update(
            &mut model,
            Msg::Source(Box::new(source(SourceHealth::Live, 0, hostile.clone()))),
        );
        let drawn = rows(&frame(&mut model, &look(), columns, height));
        for row in &drawn[1..drawn.len() - 1] {
            assert_eq!(
                width::width(row),
                usize::from(columns),
                "{}",
                drawn.join("\n")
            );
            assert!(row.ends_with(['║', '╗', '╝', '╣']), "{}", drawn.join("\n"));
        }
        let heads = drawn
            .iter()
            .position(|row| row.contains("READY"))
            .expect("heads");
        let ready = width::width(&drawn[heads][..drawn[heads].find("READY").expect("heads")]);
        let services = drawn[heads + 1..]
            .iter()
            .take_while(|row| !row.starts_with(['╠', '╚']) && !row.starts_with("║  "));
        for row in services.take(4) {
            let figure = width::tail(row, usize::from(columns) - ready);
            assert_eq!(figure.find('/'), Some(1), "{}", drawn.join("\n"));
        }
    }
}
