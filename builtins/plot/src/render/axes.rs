//! What does not change while a movie runs: lines behind the data, frames,
//! names of places, labels, titles.

use super::fit;
use super::layout::{HEADING, LABEL, MARK, Sheet, Spot, tick_size};
use crate::canvas::{Canvas, Frame, Ink, line, outline, whole, words};
use crate::figure::{Figure, Layer, Panel};
use crate::text::{self, Across, Down, Words};
use crate::ticks;

/// The lines above all panels.
pub(crate) fn header(canvas: &mut impl Canvas, sheet: &Sheet, title: &str, subtitle: &str) {
    let header = &sheet.header;
    let wide = header.right - header.left;
    let mut top = header.top;
    let look = Words::new(header.title, sheet.paint.ink).bold();
    for part in text::folded(title, header.title, true, wide, header.lines.max(1)) {
        words(canvas, &part, (header.left, top), &look);
        top += header.title * text::LINE;
    }
    let look = Words::new(header.subtitle, sheet.paint.quiet);
    words(canvas, &text::fitted(subtitle, header.subtitle, false, wide), (header.left, top), &look);
}

/// Everything of all panels but their data.
pub(crate) fn panels(canvas: &mut impl Canvas, figure: &Figure, sheet: &Sheet) {
    borders(canvas, figure, sheet);
    for (panel, spot) in figure.panels.iter().zip(&sheet.spots) {
        lines(canvas, sheet, spot);
        let ink = Ink { colour: sheet.paint.ink, width: pen(sheet) };
        outline(canvas, spot.frame, ink);
        below(canvas, sheet, spot, panel);
        left(canvas, sheet, spot, panel);
        right(canvas, sheet, spot, panel);
        above(canvas, sheet, spot, panel);
    }
}

/// Lines between groups of panels.
fn borders(canvas: &mut impl Canvas, figure: &Figure, sheet: &Sheet) {
    let ink = Ink { colour: sheet.paint.quiet, width: 2 * pen(sheet) };
    #[allow(clippy::cast_possible_truncation)]
    let place = |(x, y): (f64, f64)| {
        (x as f32 * f32::from(sheet.width), (1.0 - y as f32) * f32::from(sheet.height))
    };
    for [from, to] in &figure.borders {
        line(canvas, place(*from), place(*to), ink);
    }
}

/// Width of axis lines.
pub(crate) fn pen(sheet: &Sheet) -> u32 {
    whole(sheet.factor).max(1).unsigned_abs()
}

/// Lines behind the data and where pieces of an axis meet.
fn lines(canvas: &mut impl Canvas, sheet: &Sheet, spot: &Spot) {
    let ink = Ink { colour: sheet.paint.grid, width: pen(sheet) };
    let frame = spot.frame;
    for tick in named(&spot.below) {
        let x = spot.across(tick.at);
        if x > frame.left && x < frame.right {
            line(canvas, (x, frame.top), (x, frame.bottom), ink);
        }
    }
    for tick in named(&spot.left) {
        let y = spot.down(tick.at);
        if y > frame.top && y < frame.bottom {
            line(canvas, (frame.left, y), (frame.right, y), ink);
        }
    }
    let ink = Ink { colour: sheet.paint.faint, ..ink };
    for seam in &spot.below.placed.seams {
        let x = spot.across(*seam);
        let dash = 4.0 * sheet.factor;
        let mut y = frame.top;
        while y < frame.bottom {
            line(canvas, (x, y), (x, (y + dash).min(frame.bottom)), ink);
            y += dash * 2.0;
        }
    }
}

fn named(names: &fit::Names) -> impl Iterator<Item = &ticks::Tick> {
    names.placed.ticks.iter().filter(|tick| !tick.text.is_empty())
}

fn below(canvas: &mut impl Canvas, sheet: &Sheet, spot: &Spot, panel: &Panel) {
    if !spot.names.0 {
        return;
    }
    let (frame, factor) = (spot.frame, sheet.factor);
    level_names(canvas, sheet, spot, (&spot.x, &spot.below), false);
    let label = ticks::label(&panel.x.label, spot.below.placed.exponent);
    let top = frame.bottom + (MARK + 2.0) * factor + spot.below.depth + 1.0 * factor;
    let room = frame.width() + spot.spare.0 + spot.spare.1;
    let look = Words::new(LABEL * factor, sheet.paint.ink).anchored(Across::Middle, Down::Top);
    let middle = f32::midpoint(frame.left, frame.right);
    words(canvas, &text::fitted(&label, look.size, false, room), (middle, top), &look);
}

/// Names along the lower or upper side of a frame.
fn level_names(
    canvas: &mut impl Canvas,
    sheet: &Sheet,
    spot: &Spot,
    (scale, names): (&super::ranges::Scale, &fit::Names),
    over: bool,
) {
    let (frame, factor) = (spot.frame, sheet.factor);
    let ink = Ink { colour: sheet.paint.ink, width: pen(sheet) };
    let size = tick_size(factor);
    for tick in &names.placed.ticks {
        #[allow(clippy::cast_possible_truncation)]
        let inside = scale.place(tick.at) as f32 * frame.width();
        let x = frame.left + inside;
        let mark = if tick.text.is_empty() { MARK * 0.5 } else { MARK } * factor;
        if over {
            line(canvas, (x, frame.top - mark), (x, frame.top), ink);
        } else {
            line(canvas, (x, frame.bottom), (x, frame.bottom + mark), ink);
        }
        let look = Words::new(size, sheet.paint.ink);
        let edge = if over {
            frame.top - (MARK + 2.0) * factor
        } else {
            frame.bottom + (MARK + 2.0) * factor
        };
        if names.upright {
            let across = if over { Across::Left } else { Across::Right };
            words(canvas, &tick.text, (x, edge), &look.upright().anchored(across, Down::Middle));
            continue;
        }
        let down = if over { Down::Bottom } else { Down::Top };
        let look = look.anchored(Across::Middle, down);
        let middle = |part: &str| {
            frame.left + fit::kept_inside(inside, look.width(part) / 2.0, frame.width(), spot.spare)
        };
        let step = if over { -size } else { size } * text::LINE;
        words(canvas, &tick.text, (middle(&tick.text), edge), &look);
        words(canvas, &tick.below, (middle(&tick.below), edge + step), &look);
    }
}

fn left(canvas: &mut impl Canvas, sheet: &Sheet, spot: &Spot, panel: &Panel) {
    if !spot.names.1 {
        return;
    }
    let (frame, factor) = (spot.frame, sheet.factor);
    let ink = Ink { colour: sheet.paint.ink, width: pen(sheet) };
    let look = Words::new(tick_size(factor), sheet.paint.ink).anchored(Across::Right, Down::Middle);
    for tick in &spot.left.placed.ticks {
        let y = spot.down(tick.at);
        let mark = if tick.text.is_empty() { MARK * 0.5 } else { MARK } * factor;
        line(canvas, (frame.left - mark, y), (frame.left, y), ink);
        // Panels may touch: a name at the end of an axis stays beside it.
        let half = look.size * text::LINE / 2.0;
        let y = frame.top + fit::kept_inside(y - frame.top, half, frame.height(), (0.0, 0.0));
        words(canvas, &tick.text, (frame.left - (MARK + 3.0) * factor, y), &look);
    }
    let label = ticks::label(&panel.y.label, spot.left.placed.exponent);
    let look = Words::new(LABEL * factor, sheet.paint.ink)
        .upright()
        .anchored(Across::Middle, Down::Bottom);
    let x = frame.left - (MARK + 5.0) * factor - spot.left.depth;
    let middle = f32::midpoint(frame.top, frame.bottom);
    words(canvas, &text::fitted(&label, look.size, false, spot.reach * 2.0), (x, middle), &look);
}

/// The second scale at the right of a frame.
fn right(canvas: &mut impl Canvas, sheet: &Sheet, spot: &Spot, panel: &Panel) {
    let (Some((scale, names)), Some(axis)) = (&spot.right, &panel.right) else { return };
    let (frame, factor) = (spot.frame, sheet.factor);
    let ink = Ink { colour: sheet.paint.ink, width: pen(sheet) };
    let look = Words::new(tick_size(factor), sheet.paint.ink).anchored(Across::Left, Down::Middle);
    for tick in &names.placed.ticks {
        #[allow(clippy::cast_possible_truncation)]
        let y = frame.bottom - scale.place(tick.at) as f32 * frame.height();
        let mark = if tick.text.is_empty() { MARK * 0.5 } else { MARK } * factor;
        line(canvas, (frame.right, y), (frame.right + mark, y), ink);
        words(canvas, &tick.text, (frame.right + (MARK + 3.0) * factor, y), &look);
    }
    let look =
        Words::new(LABEL * factor, sheet.paint.ink).upright().anchored(Across::Middle, Down::Top);
    let place =
        (frame.right + (MARK + 5.0) * factor + names.depth, f32::midpoint(frame.top, frame.bottom));
    words(canvas, &text::fitted(&axis.label, look.size, false, spot.reach * 2.0), place, &look);
}

fn above(canvas: &mut impl Canvas, sheet: &Sheet, spot: &Spot, panel: &Panel) {
    let (frame, factor) = (spot.frame, sheet.factor);
    let middle = f32::midpoint(frame.left, frame.right);
    let mut bottom = frame.top - 2.0 * factor;
    if let (Some((scale, names)), Some(axis)) = (&spot.above, &panel.top) {
        level_names(canvas, sheet, spot, (scale, names), true);
        bottom -= (MARK + 1.0) * factor + names.depth;
        let label = ticks::label(&axis.label, names.placed.exponent);
        let look =
            Words::new(LABEL * factor, sheet.paint.ink).anchored(Across::Middle, Down::Bottom);
        if !label.is_empty() {
            words(
                canvas,
                &text::fitted(&label, look.size, false, frame.width()),
                (middle, bottom),
                &look,
            );
            bottom -= look.size * text::LINE;
        }
    }
    if spot.heading {
        let small = frame.width() < 110.0 * factor;
        let size = if small { 11.0 } else { HEADING } * factor;
        let look = Words::new(size, sheet.paint.ink).bold().anchored(Across::Middle, Down::Bottom);
        let look = if small { Words { bold: false, ..look } } else { look };
        let room = frame.width() + 6.0 * factor;
        words(canvas, &text::fitted(&panel.title, size, look.bold, room), (middle, bottom), &look);
    }
}

/// Text over the data: the inset, and the note where there is nothing to see.
pub(crate) fn inside(
    canvas: &mut impl Canvas,
    sheet: &Sheet,
    spot: &Spot,
    panel: &Panel,
    layers: &[Layer],
) {
    let (frame, factor) = (spot.frame, sheet.factor);
    let size = tick_size(factor);
    let empty = !layers.iter().any(shows);
    let note = if panel.note.is_empty() && empty { "no data" } else { panel.note.as_str() };
    if !note.is_empty() {
        let look = Words::new(size, sheet.paint.quiet).anchored(Across::Middle, Down::Middle);
        let lines = text::folded(note, size, false, frame.width() - 4.0 * factor, 3);
        #[allow(clippy::cast_precision_loss)]
        let mut y = f32::midpoint(frame.top, frame.bottom)
            - (lines.len() as f32 - 1.0) * size * text::LINE / 2.0;
        if frame.height() > size {
            for part in lines {
                words(canvas, &part, (f32::midpoint(frame.left, frame.right), y), &look);
                y += size * text::LINE;
            }
        }
    }
    if panel.inset.is_empty() || frame.height() < size * 2.0 {
        return;
    }
    let look = Words::new(size, sheet.paint.ink).anchored(Across::Right, Down::Top);
    let lines: Vec<String> = panel
        .inset
        .lines()
        .map(|part| text::fitted(part, size, false, frame.width() - 10.0 * factor))
        .collect();
    let wide = lines.iter().map(|part| look.width(part)).fold(0.0, f32::max);
    #[allow(clippy::cast_precision_loss)]
    let high = lines.len() as f32 * size * text::LINE;
    let right = frame.right - 4.0 * factor;
    let top = frame.top + 3.0 * factor;
    let paper = Frame {
        left: right - wide - 3.0 * factor,
        right: right + 2.0 * factor,
        top,
        bottom: top + high,
    };
    canvas.fill(paper, sheet.paint.paper, 0.8);
    for (row, part) in (0_u16..).zip(&lines) {
        words(canvas, part, (right, top + f32::from(row) * size * text::LINE), &look);
    }
}

/// Whether a layer has anything to see.
pub(crate) fn shows(layer: &Layer) -> bool {
    match layer {
        Layer::Series(series) => {
            series.x.iter().zip(&series.y).any(|(x, y)| x.is_finite() && y.is_finite())
        }
        Layer::Map(map) => map.values.iter().any(|value| value.is_finite()),
        Layer::Bars(bars) => !bars.edges.is_empty(),
        Layer::Rule(_) => false,
    }
}
