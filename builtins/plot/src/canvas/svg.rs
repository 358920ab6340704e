//! A picture of shapes.
//!
//! Text stays text; its families are the embedded font and those of the same
//! widths, so that the layout holds wherever it is looked at. Points of one
//! look are one path, on a grid of a tenth of a pixel and without repetition,
//! which keeps the file small.

use std::collections::HashSet;
use std::convert::Infallible;
use std::fmt::Write as _;

use base64::Engine as _;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle, FontTransform,
};

use super::{Canvas, Frame, Look, Raster};
use crate::figure::Marker;
use crate::palette::Rgb;
use crate::{png, text};

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// The text of the picture.
#[derive(Debug, Clone)]
pub(crate) struct Svg {
    size: (u32, u32),
    text: String,
    clips: usize,
    clipped: bool,
}

impl Svg {
    /// An empty sheet.
    pub(crate) fn new(width: u32, height: u32, title: &str) -> Self {
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" \
             height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"{}\">\n",
            text::FAMILY,
        );
        let _ = writeln!(text, "<title>{}</title>", escaped(title));
        Self { size: (width, height), text, clips: 0, clipped: false }
    }

    /// The finished text.
    pub(crate) fn finish(mut self) -> String {
        self.clip(None);
        self.text.push_str("</svg>\n");
        self.text
    }

    fn path(&mut self, data: &str, look: &Look, attributes: &str) {
        let _ = writeln!(
            self.text,
            "<path d=\"{data}\"{}{attributes}/>",
            opacity("opacity", look.opacity)
        );
    }
}

impl Canvas for Svg {
    fn clip(&mut self, frame: Option<Frame>) {
        if self.clipped {
            self.text.push_str("</g>\n");
        }
        self.clipped = frame.is_some();
        if let Some(frame) = frame {
            self.clips += 1;
            let _ = writeln!(
                self.text,
                "<clipPath id=\"c{0}\"><rect x=\"{1}\" y=\"{2}\" width=\"{3}\" height=\"{4}\"/></clipPath><g clip-path=\"url(#c{0})\">",
                self.clips,
                number(frame.left),
                number(frame.top),
                number(frame.width().max(0.0)),
                number(frame.height().max(0.0)),
            );
        }
    }

    fn dots(&mut self, places: &[(f32, f32)], look: &Look) {
        let radius = look.radius.max(0.5);
        let mut seen = HashSet::new();
        let mut data = String::new();
        let shape = shape(look.marker, radius);
        for (x, y) in places {
            let key = (super::whole(x * 2.0), super::whole(y * 2.0));
            if seen.insert(key) {
                let _ = write!(data, "M{} {}{shape}", number(*x), number(*y));
            }
        }
        if data.is_empty() {
            return;
        }
        let colour = hex(look.colour);
        let attributes = match look.marker {
            Marker::Circle => {
                format!(
                    " fill=\"none\" stroke=\"{colour}\" stroke-linecap=\"round\" stroke-width=\"{}\"",
                    number(radius * 2.0)
                )
            }
            Marker::Cross | Marker::Plus => {
                format!(
                    " fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\"",
                    number((radius * 0.6).max(1.0))
                )
            }
            _ => format!(" fill=\"{colour}\""),
        };
        self.path(&data, look, &attributes);
    }

    fn curve(&mut self, places: &[(f32, f32)], look: &Look) {
        let mut data = String::new();
        let mut last = None;
        for (x, y) in places {
            let here = (number(*x), number(*y));
            if last.as_ref() != Some(&here) {
                let _ =
                    write!(data, "{}{} {}", if last.is_none() { 'M' } else { 'L' }, here.0, here.1);
                last = Some(here);
            }
        }
        let attributes = format!(
            " fill=\"none\" stroke=\"{}\" stroke-linejoin=\"round\" stroke-width=\"{}\"",
            hex(look.colour),
            number(look.width)
        );
        self.path(&data, look, &attributes);
    }

    fn raster(&mut self, (left, top): (i32, i32), raster: &Raster) {
        let Ok(bytes) = png::rgba(raster) else { return };
        let _ = writeln!(
            self.text,
            "<image x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" style=\"image-rendering:pixelated\" \
             href=\"data:image/png;base64,{}\"/>",
            raster.width,
            raster.height,
            base64::engine::general_purpose::STANDARD.encode(bytes),
        );
    }

    fn fill(&mut self, frame: Frame, colour: Rgb, opaque: f32) {
        let _ = writeln!(
            self.text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"{}/>",
            number(frame.left),
            number(frame.top),
            number(frame.width().max(0.0)),
            number(frame.height().max(0.0)),
            hex(colour),
            opacity("opacity", opaque),
        );
    }
}

impl DrawingBackend for Svg {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        let _ = writeln!(
            self.text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"1\" height=\"1\" fill=\"{}\"/>",
            hex([colour.rgb.0, colour.rgb.1, colour.rgb.2])
        );
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        let colour = style.color();
        let wide = style.stroke_width();
        // Odd widths sit on the middle of pixels, as in the picture of pixels.
        let shift = if wide % 2 == 1 { 0.5 } else { 0.0 };
        let at = |value: i32| f64::from(value) + shift;
        let _ = writeln!(
            self.text,
            "<path d=\"M{} {}L{} {}\" stroke=\"{}\" stroke-width=\"{wide}\"/>",
            at(from.0),
            at(from.1),
            at(to.0),
            at(to.1),
            hex([colour.rgb.0, colour.rgb.1, colour.rgb.2]),
        );
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let colour = style.color();
        let hex = hex([colour.rgb.0, colour.rgb.1, colour.rgb.2]);
        let wide = style.stroke_width();
        let shift = if wide % 2 == 1 && !fill { 0.5 } else { 0.0 };
        let look = if fill {
            format!("fill=\"{hex}\"")
        } else {
            format!("fill=\"none\" stroke=\"{hex}\" stroke-width=\"{wide}\"")
        };
        let _ = writeln!(
            self.text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {look}/>",
            f64::from(a.0) + shift,
            f64::from(a.1) + shift,
            (b.0 - a.0).max(0),
            (b.1 - a.1).max(0),
        );
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        (x, y): BackendCoord,
    ) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        let size = style.size();
        let down = match style.anchor().v_pos {
            VPos::Top => f64::from(text::ASCENT),
            VPos::Center => f64::from(text::ASCENT) - f64::from(text::LINE) / 2.0,
            VPos::Bottom => f64::from(text::ASCENT) - f64::from(text::LINE),
        } * size;
        let weight =
            if matches!(style.style(), FontStyle::Bold) { " font-weight=\"bold\"" } else { "" };
        #[allow(clippy::cast_possible_truncation)]
        let place = match style.transform() {
            FontTransform::Rotate270 => {
                format!(
                    "transform=\"translate({} {y})rotate(-90)\"",
                    number((f64::from(x) + down) as f32)
                )
            }
            _ => format!("x=\"{x}\" y=\"{}\"", number((f64::from(y) + down) as f32)),
        };
        let colour = style.color();
        #[allow(clippy::cast_possible_truncation)]
        let _ = writeln!(
            self.text,
            "<text {place}{anchor} font-size=\"{}\"{weight} fill=\"{}\">{}</text>",
            number(size as f32),
            hex([colour.rgb.0, colour.rgb.1, colour.rgb.2]),
            escaped(text),
        );
        Ok(())
    }
}

/// What is drawn from the place of a point on, as a path.
fn shape(marker: Marker, radius: f32) -> String {
    let n = number;
    match marker {
        Marker::Circle => "h0".to_owned(),
        Marker::Square => {
            let half = radius * 0.89;
            format!("m{0} {0}h{1}v{1}h{2}z", n(-half), n(half * 2.0), n(-half * 2.0))
        }
        Marker::Diamond => {
            let r = radius * 1.25;
            format!("m0 {0}l{1} {1}l{0} {1}l{0} {0}z", n(-r), n(r))
        }
        Marker::Triangle => {
            let (top, high) = (radius * 1.3, radius * 2.05);
            format!("m0 {}l{} {}h{}z", n(-top), n(high * 0.6), n(high), n(-high * 1.2))
        }
        Marker::Plus => {
            let r = radius * 1.25;
            format!("m{0} 0h{1}m{0} {0}v{1}", n(-r), n(r * 2.0))
        }
        Marker::Cross => {
            let r = radius * 0.88;
            format!("m{0} {0}l{1} {1}m0 {2}l{2} {1}", n(-r), n(r * 2.0), n(-r * 2.0))
        }
    }
}

/// A tenth of a pixel is fine enough for every screen.
fn number(value: f32) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

fn opacity(name: &str, value: f32) -> String {
    if value >= 0.999 { String::new() } else { format!(" {name}=\"{:.2}\"", value.max(0.0)) }
}

/// Text that may stand inside an element.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}
