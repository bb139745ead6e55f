//! The picture in the README: a real frame of the demo, as SVG. `assets/picture` makes it anew.

use std::{fmt::Write as _, fs, path::Path};

use crate::support::console::quarterdeck;

/// A cell's size, in SVG's units; the font is 14 high.
const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 12.0;

/// The sixteen colours that a terminal has names for, as most dark terminals show them.
const NAMED: [&str; 16] = [
    "#1c1c24", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d0d0d8",
    "#5c6370", "#ff7b86", "#b5e890", "#ffd68a", "#82c4ff", "#e09bff", "#7fdbe6", "#ffffff",
];
const INK: &str = "#d0d0d8";
const PAPER: &str = "#101018";

fn colour(colour: vt100::Color, default: &'static str) -> String {
    match colour {
        vt100::Color::Default => default.to_owned(),
        vt100::Color::Idx(n @ 0..=15) => NAMED[usize::from(n)].to_owned(),
        vt100::Color::Idx(n @ 16..=231) => {
            let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let n = n - 16;
            format!(
                "#{:02x}{:02x}{:02x}",
                step(n / 36),
                step(n / 6 % 6),
                step(n % 6)
            )
        }
        vt100::Color::Idx(n) => {
            let grey = 8 + 10 * (n - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
        vt100::Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
    }
}

fn svg(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (
        f32::from(columns) * CELL.0 + 2.0 * MARGIN,
        f32::from(rows) * CELL.1 + 2.0 * MARGIN,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for row in 0..rows {
        for column in 0..columns {
            let Some(cell) = screen.cell(row, column) else {
                continue;
            };
            let (mut ink, mut paper) = (colour(cell.fgcolor(), INK), colour(cell.bgcolor(), PAPER));
            if cell.inverse() {
                std::mem::swap(&mut ink, &mut paper);
            }
            let (x, y) = (
                MARGIN + f32::from(column) * CELL.0,
                MARGIN + f32::from(row) * CELL.1,
            );
            if paper != PAPER {
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{}\" fill=\"{paper}\"/>",
                    CELL.0 + 0.2,
                    CELL.1
                );
            }
            let text = cell.contents();
            if !text.trim().is_empty() {
                let text = text.replace('&', "&amp;").replace('<', "&lt;");
                let weight = if cell.bold() {
                    " font-weight=\"bold\""
                } else {
                    ""
                };
                let _ = writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{ink}\"{weight}>{text}</text>",
                    y + 14.0
                );
            }
        }
    }
    out.push_str("</svg>\n");
    out
}

/// The frame holds the incident that the README speaks of; written out only when somebody asks for it.
#[test]
fn the_readme_shows_a_real_frame() {
    let console = quarterdeck(&["demo", "--at", "55s"])
        .size(120, 34)
        .env("QUARTERDECK_OPERATOR", "sre-1")
        .start();
    console.expect("v1.8.2");
    console.expect("connections");
    console.expect("too many clients");
    let picture = console.with_screen(svg);
    assert!(picture.contains("</svg>"));
    if std::env::var_os("QUARTERDECK_PICTURE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/console.svg");
        fs::write(path, picture).expect("assets can be written");
    }
}
