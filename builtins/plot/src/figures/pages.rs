//! Pages of panels: a grid of a few on each, numbered files.

use ledama_base::operation::{ErrorKind, OperationError};
use serde::{Deserialize, Serialize};

use super::picture::{Picture, Written};
use crate::figure::{Axis, Colour, Figure, LegendEntry, Panel, Place, Range, Series, Style, Theme};

/// What a page looks like, as options say it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Look {
    /// `WxH`, pixels at scale 1.
    pub size: Option<String>,
    /// Everything so many times larger.
    pub scale: Option<f64>,
    /// Colours of paper and ink.
    pub theme: Theme,
}

impl Look {
    /// An empty figure of this look.
    pub fn figure(&self, size: (u32, u32)) -> Result<Figure, OperationError> {
        let size = match self.size.as_deref() {
            None => size,
            Some(text) => pixels(text).ok_or_else(|| {
                OperationError::new(ErrorKind::Input, format!("`{text}` is not a size"))
                    .help("write width and height in pixels: `2400x1400`")
            })?,
        };
        Ok(Figure {
            size,
            scale: self.scale.unwrap_or(1.0),
            theme: self.theme,
            ..Figure::default()
        })
    }
}

/// Width and height with `x` or a comma between them.
fn pixels(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once(['x', 'X', ',', '×'])?;
    let side = |text: &str| text.trim().parse().ok().filter(|side| (50..=20_000).contains(side));
    Some((side(width)?, side(height)?))
}

/// Two numbers above 0 with a comma: panels across and down.
pub fn grid(text: &str) -> Result<(usize, usize), OperationError> {
    let parts: Vec<Option<usize>> = text
        .split(',')
        .map(|part| part.trim().parse().ok().filter(|n| (1..=40).contains(n)))
        .collect();
    match parts.as_slice() {
        [Some(across), Some(down)] => Ok((*across, *down)),
        _ => {
            Err(OperationError::new(ErrorKind::Input, format!("`{text}` is not a grid of panels"))
                .help("write panels across and down: `3,2`"))
        }
    }
}

/// Four limits of axes; what is left out comes from the data.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// Of the horizontal axis.
    pub x: [Option<f64>; 2],
    /// Of the vertical axis.
    pub y: [Option<f64>; 2],
}

impl Limits {
    /// Reads `xmin,xmax,ymin,ymax`.
    pub fn parse(text: &str) -> Result<Self, OperationError> {
        let wrong = || {
            OperationError::new(ErrorKind::Input, format!("`{text}` are not limits of axes"))
                .help("write `xmin,xmax,ymin,ymax`; what is left out comes from the data")
        };
        let end = |part: &str| match part.trim() {
            "" => Ok(None),
            part => {
                part.parse().ok().filter(|end: &f64| end.is_finite()).map(Some).ok_or_else(wrong)
            }
        };
        let ends = text.split(',').map(end).collect::<Result<Vec<_>, _>>()?;
        match ends.as_slice() {
            [] => Ok(Self::default()),
            &[a, b, c, d] if ordered(a, b) && ordered(c, d) => Ok(Self { x: [a, b], y: [c, d] }),
            _ => Err(wrong()),
        }
    }

    /// The range of an axis whose data are these.
    pub fn range<'a>(ends: [Option<f64>; 2], data: impl Iterator<Item = &'a f64>) -> Range {
        let [None, None] = ends else {
            let finite = data.filter(|value| value.is_finite());
            let (low, high) = finite
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                    (low.min(*value), high.max(*value))
                });
            let margin = if low < high { (high - low) * 0.02 } else { 1.0 };
            let (low, high) = if low <= high { (low - margin, high + margin) } else { (0.0, 1.0) };
            let start = ends[0].unwrap_or(low);
            let end = ends[1].unwrap_or(high);
            return if start < end { Range::Fixed(start, end) } else { Range::Auto };
        };
        Range::Auto
    }
}

fn ordered(a: Option<f64>, b: Option<f64>) -> bool {
    !matches!((a, b), (Some(a), Some(b)) if a >= b)
}

/// Puts panels on pages and writes each page when it is full.
pub struct Pages<'a> {
    /// Across and down.
    grid: (usize, usize),
    /// The page without panels.
    blank: Figure,
    picture: &'a Picture,
    /// All pages there will be at most; one page has no number in its name.
    expected: usize,
    waiting: Vec<Panel>,
    /// What was written.
    pub written: Written,
    made: usize,
}

impl<'a> Pages<'a> {
    /// Pages of at most so many panels; refuses more pages than `most`.
    pub fn new(
        grid: (usize, usize),
        blank: Figure,
        picture: &'a Picture,
        panels: usize,
        most: usize,
    ) -> Result<Self, OperationError> {
        let expected = panels.div_ceil(grid.0 * grid.1).max(1);
        if expected > most {
            return Err(OperationError::new(
                ErrorKind::Input,
                format!("{panels} panels need {expected} pages, more than {most}"),
            )
            .help("select less, put more panels on a page, or allow more by `--max-pages`"));
        }
        let pages = Self {
            grid,
            blank,
            picture,
            expected,
            waiting: Vec::new(),
            written: Written::default(),
            made: 0,
        };
        for page in 0..expected {
            pages.file(page).check()?;
        }
        Ok(pages)
    }

    /// Adds a panel.
    pub fn add(&mut self, panel: Panel) -> Result<(), OperationError> {
        self.waiting.push(panel);
        if self.waiting.len() == self.grid.0 * self.grid.1 { self.flush() } else { Ok(()) }
    }

    /// Writes the last page; how many there are.
    pub fn finish(&mut self) -> Result<usize, OperationError> {
        if !self.waiting.is_empty() {
            self.flush()?;
        }
        Ok(self.made)
    }

    fn flush(&mut self) -> Result<(), OperationError> {
        let (columns, rows) = self.grid;
        let mut panels = std::mem::take(&mut self.waiting);
        // One page with few panels gives them the room of the others.
        let columns = if self.expected == 1 { columns.min(panels.len()) } else { columns };
        let rows = if self.expected == 1 { rows.min(panels.len().div_ceil(columns)) } else { rows };
        for (at, panel) in panels.iter_mut().enumerate() {
            let (row, column) = (at / columns, at % columns);
            panel.place = Place::Cell { row, column, rows, columns, joined: false };
        }
        let mut figure = Figure { panels, ..self.blank.clone() };
        if self.expected > 1 {
            let page = format!("page {}", self.made + 1);
            figure.subtitle = format!("{} · {page}", figure.subtitle);
        }
        let written = self.file(self.made).write(&figure)?;
        self.made += 1;
        self.written.files.extend(written.files);
        if let Some(numbers) = written.numbers {
            self.written.numbers.get_or_insert_default().push_str(&numbers);
        }
        Ok(())
    }

    /// `NAME-p001.png` where there are several pages.
    fn file(&self, page: usize) -> Picture {
        if self.expected == 1 {
            return self.picture.clone();
        }
        let path = &self.picture.path;
        let name = path.rfind('/').map_or(0, |at| at + 1);
        let (stem, end) = match path[name..].rfind('.') {
            Some(dot) if dot > 0 => path.split_at(name + dot),
            _ => (path.as_str(), ".png"),
        };
        Picture { path: format!("{stem}-p{:03}{end}", page + 1), ..self.picture.clone() }
    }
}

/// An axis with a label.
pub fn axis(label: impl Into<String>, ticks: crate::figure::Ticks, range: Range) -> Axis {
    Axis { label: label.into(), ticks, range, ..Axis::default() }
}

/// Points of one look.
pub fn points(name: &str, style: Style, x: Vec<f64>, y: Vec<f64>) -> Series {
    Series { name: name.to_string(), style, x, y, ..Series::default() }
}

/// The look of flagged values: light crosses.
pub fn flagged() -> Style {
    Style { colour: Colour::Faint, marker: crate::figure::Marker::Cross, radius: 2.5, opacity: 1.0 }
}

/// The radius of points of which so many are in a panel, pixels at scale 1.
pub fn radius(count: usize) -> f64 {
    match count {
        0..=300 => 4.0,
        301..=3000 => 3.0,
        3001..=20_000 => 2.0,
        _ => 1.2,
    }
}

/// The legend of series by name.
pub fn legend(styles: impl IntoIterator<Item = (String, Style)>) -> Vec<LegendEntry> {
    styles.into_iter().map(|(name, style)| LegendEntry { name, style }).collect()
}

/// The look of a polarization: a colour that all tools give it, and a shape
/// that can be told in grey.
pub fn polarization(name: &str) -> Style {
    use crate::figure::Marker;
    let colour = crate::palette::correlation(name);
    let marker = match colour {
        Colour::Category(1) => Marker::Square,
        Colour::Category(2) => Marker::Triangle,
        Colour::Category(3) => Marker::Diamond,
        _ => Marker::Circle,
    };
    Style { colour, marker, ..Style::default() }
}
