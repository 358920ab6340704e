//! Outside the panels: names of series, and the scale of colours.

use super::axes::pen;
use super::fit::{self, Names};
use super::layout::{Header, LABEL, MARK, Sheet, Spot, tick_size};
use super::ranges::Scale;
use crate::canvas::{Canvas, Frame, Ink, Look, Raster, line, outline, whole, words};
use crate::figure::{Axis, Colour, ColourMap, Figure, Style};
use crate::palette;
use crate::text::{self, Across, Down, Words};
use crate::ticks;

/// Size of names at scale 1.
const NAME: f32 = 12.0;

/// From the left of an entry to its name.
const KEY: f32 = 14.0;

/// Names of series with their places.
#[derive(Debug, Clone)]
pub(crate) struct Legend {
    entries: Vec<(f32, f32, Option<Style>, String)>,
}

/// A scale of colours.
#[derive(Debug, Clone)]
pub(crate) struct Strip {
    frame: Frame,
    scale: Scale,
    names: Names,
    label: String,
}

impl Legend {
    /// Takes its room from the right of the region, or for panels placed by
    /// hand from the line of the title.
    pub(crate) fn plan(
        figure: &Figure,
        factor: f32,
        free: bool,
        header: &Header,
        region: &mut Frame,
    ) -> Option<Self> {
        // A scale of colours already tells the colours of ordered series.
        let ordered =
            figure.legend.iter().all(|entry| matches!(entry.style.colour, Colour::Mapped(..)));
        if figure.legend.is_empty() || (ordered && figure.colour_bar.is_some()) {
            return None;
        }
        Some(if free {
            Self::in_line(figure, factor, header)
        } else {
            Self::beside(figure, factor, region)
        })
    }

    /// The left edge of the first entry.
    pub(crate) fn left(&self) -> f32 {
        self.entries.iter().map(|entry| entry.0).fold(f32::INFINITY, f32::min)
    }

    fn in_line(figure: &Figure, factor: f32, header: &Header) -> Self {
        let size = NAME * factor;
        let mut right = header.right;
        let mut entries = Vec::new();
        let least = header.left + text::width(&figure.title, header.title, true) + 20.0 * factor;
        for entry in figure.legend.iter().rev() {
            let wide = text::width(&entry.name, size, false) + (KEY + 12.0) * factor;
            if right - wide < least {
                break;
            }
            right -= wide;
            entries.push((right, header.top, Some(entry.style), entry.name.clone()));
        }
        entries.reverse();
        Self { entries }
    }

    fn beside(figure: &Figure, factor: f32, region: &mut Frame) -> Self {
        let size = NAME * factor;
        let step = size * text::LINE + 2.0 * factor;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rows = ((region.height() / step).floor().max(1.0)) as usize;
        let limit = region.width() * 0.3;
        let gap = 14.0 * factor;
        let names = |from: usize, to: usize| {
            let longest =
                figure.legend[from..to].iter().map(|entry| text::width(&entry.name, size, false));
            longest.fold(0.0, f32::max).min(260.0 * factor) + KEY * factor
        };
        let total = figure.legend.len();
        let mut columns: Vec<(usize, usize, f32)> = Vec::new();
        let mut used = 0.0;
        let mut from = 0;
        while from < total {
            let to = (from + rows).min(total);
            let wide = names(from, to);
            if !columns.is_empty() && used + gap + wide > limit {
                break;
            }
            used += wide + gap;
            columns.push((from, to, wide.min(limit)));
            from = to;
        }
        let left_out = total - from;
        let mut left =
            region.right - columns.iter().map(|column| column.2 + gap).sum::<f32>() + gap;
        region.right = left - 10.0 * factor;
        let mut entries = Vec::new();
        for (from, to, wide) in columns {
            for (row, entry) in (0_u16..).zip(&figure.legend[from..to]) {
                let name = text::fitted(&entry.name, size, false, wide - KEY * factor);
                entries.push((left, region.top + f32::from(row) * step, Some(entry.style), name));
            }
            left += wide + gap;
        }
        if let Some(last) = entries.last_mut().filter(|_| left_out > 0) {
            (last.2, last.3) = (None, format!("+{} more", left_out + 1));
        }
        Self { entries }
    }
}

impl Strip {
    /// Takes its room from the right of the region.
    pub(crate) fn plan(figure: &Figure, factor: f32, region: &mut Frame) -> Option<Self> {
        let bar = figure.colour_bar.as_ref()?;
        let (low, high) = bar.range;
        let good = low.is_finite()
            && high.is_finite()
            && (low < high || high < low)
            && !(bar.logarithm && low.min(high) <= 0.0);
        let (low, high) = if good { (low, high) } else { (0.0, 1.0) };
        let logarithm = bar.logarithm && good;
        let scale =
            Scale { low: low.min(high), high: low.max(high), logarithm, reversed: low > high };
        let ticks = if logarithm { crate::figure::Ticks::Logarithm } else { bar.ticks.clone() };
        let axis = Axis { ticks, ..Axis::default() };
        let names = fit::upright(&axis, &scale, region.height().max(1.0), factor);
        let label = ticks::label(&bar.label, names.placed.exponent);
        let beside = names.depth
            + (MARK + 4.0 + if label.is_empty() { 0.0 } else { LABEL * text::LINE + 4.0 }) * factor;
        let wide = 16.0 * factor;
        let left = (region.right - beside - wide).round();
        let frame = Frame { left, right: left + wide, top: region.top, bottom: region.bottom };
        region.right = left - 8.0 * factor;
        Some(Self { frame, scale, names, label })
    }
}

/// Makes the scale of colours as high as the panels beside it.
pub(crate) fn beside(strip: &mut Strip, spots: &[Spot], region: Frame, factor: f32) {
    let top = spots.iter().map(|spot| spot.frame.top).fold(f32::INFINITY, f32::min);
    let bottom = spots.iter().map(|spot| spot.frame.bottom).fold(f32::NEG_INFINITY, f32::max);
    if bottom - top > 40.0 * factor {
        (strip.frame.top, strip.frame.bottom) = (top, bottom);
    } else {
        (strip.frame.top, strip.frame.bottom) = (region.top, region.bottom);
    }
}

/// Draws both.
pub(crate) fn draw(canvas: &mut impl Canvas, figure: &Figure, sheet: &Sheet) {
    if let Some(legend) = &sheet.legend {
        entries(canvas, sheet, legend);
    }
    if let (Some(strip), Some(bar)) = (&sheet.strip, &figure.colour_bar) {
        draw_strip(canvas, sheet, strip, bar.colours);
    }
}

fn entries(canvas: &mut impl Canvas, sheet: &Sheet, legend: &Legend) {
    let factor = sheet.factor;
    let size = NAME * factor;
    let look = Words::new(size, sheet.paint.ink).anchored(Across::Left, Down::Middle);
    for (left, top, style, name) in &legend.entries {
        let middle = top + size * text::LINE / 2.0;
        if let Some(style) = style {
            #[allow(clippy::cast_possible_truncation)]
            let radius = (style.radius as f32).clamp(3.5, 5.0) * factor;
            let key = Look {
                colour: sheet.paint.rgb(style.colour),
                opacity: 1.0,
                marker: style.marker,
                radius,
                width: factor,
            };
            canvas.dots(&[(left + 5.0 * factor, middle)], &key);
        }
        words(canvas, name, (left + KEY * factor, middle), &look);
    }
}

fn draw_strip(canvas: &mut impl Canvas, sheet: &Sheet, strip: &Strip, colours: ColourMap) {
    let (frame, factor) = (strip.frame, sheet.factor);
    let size = |pixels: f32| usize::try_from(whole(pixels)).unwrap_or(0).max(1);
    let (width, height) = (size(frame.width()), size(frame.height()));
    let mut rgba = Vec::with_capacity(width * height * 4);
    for row in 0..height {
        #[allow(clippy::cast_precision_loss)]
        let part = 1.0 - (row as f64 + 0.5) / height as f64;
        let [r, g, b] = palette::mapped(colours, part);
        rgba.extend([r, g, b, 255].repeat(width));
    }
    canvas.raster((whole(frame.left), whole(frame.top)), &Raster { width, height, rgba });
    let ink = Ink { colour: sheet.paint.ink, width: pen(sheet) };
    outline(canvas, frame, ink);
    let look = Words::new(tick_size(factor), sheet.paint.ink).anchored(Across::Left, Down::Middle);
    for tick in &strip.names.placed.ticks {
        #[allow(clippy::cast_possible_truncation)]
        let place = strip.scale.place(tick.at) as f32;
        let y = frame.bottom - place * frame.height();
        let mark = if tick.text.is_empty() { MARK * 0.5 } else { MARK } * factor;
        line(canvas, (frame.right, y), (frame.right + mark, y), ink);
        words(canvas, &tick.text, (frame.right + (MARK + 3.0) * factor, y), &look);
    }
    let look =
        Words::new(LABEL * factor, sheet.paint.ink).upright().anchored(Across::Middle, Down::Top);
    let x = frame.right + (MARK + 5.0) * factor + strip.names.depth;
    let label = text::fitted(&strip.label, look.size, false, frame.height());
    words(canvas, &label, (x, f32::midpoint(frame.top, frame.bottom)), &look);
}
