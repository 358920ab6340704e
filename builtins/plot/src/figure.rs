//! What is to be seen in a picture.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// First line above the panels: module, object, selection.
    pub title: String,
    /// Second line, smaller: points drawn and masked, averaging, version.
    pub subtitle: String,
    /// Pixels at scale 1.
    pub size: (u32, u32),
    /// Everything is so many times larger, text and points too.
    pub scale: f64,
    /// Colours of paper and ink.
    pub theme: Theme,
    /// In drawing order.
    pub panels: Vec<Panel>,
    /// Thin lines between groups of panels: from and to, in parts of the picture from the
    /// bottom left.
    pub borders: Vec<[(f64, f64); 2]>,
    /// Series named outside the panels, at the right, in this order.
    pub legend: Vec<LegendEntry>,
    /// A scale of colours at the right, if colours mean numbers.
    pub colour_bar: Option<ColourBar>,
}

/// Colours of paper and ink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on near black.
    Dark,
}

/// One coordinate system with what is drawn in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Where it is.
    pub place: Place,
    /// Above it.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// A second scale above the panel, which gives other names to places of `x`.
    pub top: Option<Axis>,
    /// A second scale at the right, which gives other names to places of `y`.
    pub right: Option<Axis>,
    /// Equal lengths mean equal numbers on both axes.
    pub square: bool,
    /// Drawn from the first to the last.
    pub layers: Vec<Layer>,
    /// Text in the middle of a panel that has nothing to show.
    pub note: String,
    /// Small text in a corner inside: numbers of a statistic, a name.
    pub inset: String,
}

/// Where a panel is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// A cell of a regular grid, from the top left. Panels of one grid have
    /// frames of equal size.
    Cell {
        /// Row, 0 at the top.
        row: usize,
        /// Column, 0 at the left.
        column: usize,
        /// Rows of the grid.
        rows: usize,
        /// Columns of the grid.
        columns: usize,
        /// No gap to the panel below, which shares the horizontal axis.
        joined: bool,
    },
    /// The frame itself, in parts of the picture, from the bottom left.
    Area {
        /// Left edge, 0 to 1.
        left: f64,
        /// Lower edge, 0 to 1.
        bottom: f64,
        /// Width, 0 to 1.
        width: f64,
        /// Height, 0 to 1.
        height: f64,
    },
}

/// One axis of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Quantity and unit: `Frequency [MHz]`. Empty: no label.
    pub label: String,
    /// What is shown of it.
    pub range: Range,
    /// How its places are named.
    pub ticks: Ticks,
    /// Whether tick labels and the label are drawn (a shared axis names them once).
    pub named: bool,
    /// Large numbers at the left or below.
    pub reversed: bool,
}

/// What is shown of an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// All data with a margin of 2 %.
    Auto,
    /// As [`Range::Auto`] over all panels that give the same number.
    Shared(usize),
    /// Exactly this.
    Fixed(f64, f64),
}

/// How places on an axis are named.
#[derive(Debug, Clone, PartialEq)]
pub enum Ticks {
    /// Round numbers.
    Numbers,
    /// Parts of π, for radians.
    Phase,
    /// Powers of ten; values are the numbers themselves, the scale is logarithmic.
    Logarithm,
    /// The calendar, for seconds UTC since 1970; the first tick carries the date.
    Utc,
    /// Pieces of the calendar put side by side: (place on the axis, seconds UTC
    /// since 1970 there), ascending.
    UtcPieces(Vec<(f64, f64)>),
    /// `HH:MM` for seconds of a day.
    Clock,
    /// `±HH:MM` for seconds of hour angle.
    HourAngle,
    /// These places and names.
    Named(Vec<(f64, String)>),
    /// None.
    None,
}

/// What is drawn in a panel.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// Points or a line.
    Series(Series),
    /// A picture of numbers.
    Map(Map),
    /// Filled rectangles in data coordinates.
    Bars(Bars),
    /// A straight line across the panel.
    Rule(Rule),
}

/// Points or a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Name for hover and exported numbers.
    pub name: String,
    /// Its look.
    pub style: Style,
    /// Places.
    pub x: Vec<f64>,
    /// Values of the same number; NaN where there is none.
    pub y: Vec<f64>,
    /// Whether neighbours are joined.
    pub line: Line,
}

/// Whether neighbours are joined by a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Line {
    /// Points only.
    None,
    /// Joined unless a value is missing or the places are further apart than this.
    Within(f64),
}

/// Look of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Its colour.
    pub colour: Colour,
    /// Shape of its points.
    pub marker: Marker,
    /// Radius of its points, pixels at scale 1. 0: one pixel.
    pub radius: f64,
    /// 0 to 1.
    pub opacity: f64,
}

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Colour {
    /// That of the ink of the theme.
    Ink,
    /// That of what is missing or flagged.
    Faint,
    /// Entry of the palette of categories.
    Category(usize),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
    /// A place, 0 to 1, in a continuous map.
    Mapped(ColourMap, f64),
}

/// Shape of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Marker {
    /// ●
    Circle,
    /// ■
    Square,
    /// ▲
    Triangle,
    /// ◆
    Diamond,
    /// ×
    Cross,
    /// +
    Plus,
}

/// A picture of numbers: one colour a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// Edges of the columns, one more than there are columns.
    pub x: Vec<f64>,
    /// Edges of the rows, one more than there are rows.
    pub y: Vec<f64>,
    /// `[row][column]`; NaN where there is none.
    pub values: Array2<f64>,
    /// Colours.
    pub colours: ColourMap,
    /// Numbers of the first and last colour.
    pub range: (f64, f64),
    /// Colours follow the logarithm.
    pub logarithm: bool,
    /// Cells without a number are empty, as where no point is; else they are missing.
    pub blank: bool,
    /// Names of the rows, where they are no numbers; else none.
    pub names: Vec<String>,
}

/// A continuous range of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourMap {
    /// From dark to light, in equal steps for the eye.
    Sequential,
    /// Ends as it begins, for phases.
    Cyclic,
}

/// Filled rectangles.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// Name for hover and exported numbers.
    pub name: String,
    /// Colour.
    pub colour: Colour,
    /// Left, right, lower, upper edge of each; at least one pixel wide.
    pub edges: Vec<[f64; 4]>,
}

/// A straight line across the panel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Where.
    pub at: f64,
    /// Whether it is level (`at` is a number of the vertical axis).
    pub level: bool,
    /// Colour.
    pub colour: Colour,
}

/// A named series outside the panels.
#[derive(Debug, Clone, PartialEq)]
pub struct LegendEntry {
    /// What it is called.
    pub name: String,
    /// As in the panels.
    pub style: Style,
}

/// A scale of colours.
#[derive(Debug, Clone, PartialEq)]
pub struct ColourBar {
    /// Quantity and unit.
    pub label: String,
    /// Colours.
    pub colours: ColourMap,
    /// Numbers at its ends.
    pub range: (f64, f64),
    /// How its places are named.
    pub ticks: Ticks,
    /// The scale is logarithmic.
    pub logarithm: bool,
}

impl Default for Figure {
    fn default() -> Self {
        Self {
            title: String::new(),
            subtitle: String::new(),
            size: (1200, 800),
            scale: 1.0,
            theme: Theme::Light,
            panels: Vec::new(),
            borders: Vec::new(),
            legend: Vec::new(),
            colour_bar: None,
        }
    }
}

impl Default for Panel {
    fn default() -> Self {
        Self {
            place: Place::Cell { row: 0, column: 0, rows: 1, columns: 1, joined: false },
            title: String::new(),
            x: Axis::default(),
            y: Axis::default(),
            top: None,
            right: None,
            square: false,
            layers: Vec::new(),
            note: String::new(),
            inset: String::new(),
        }
    }
}

impl Default for Axis {
    fn default() -> Self {
        Self {
            label: String::new(),
            range: Range::Auto,
            ticks: Ticks::Numbers,
            named: true,
            reversed: false,
        }
    }
}

impl Default for Series {
    fn default() -> Self {
        Self {
            name: String::new(),
            style: Style::default(),
            x: Vec::new(),
            y: Vec::new(),
            line: Line::None,
        }
    }
}

impl Default for Style {
    /// A disc of 2 pixels in ink.
    fn default() -> Self {
        Self { colour: Colour::Ink, marker: Marker::Circle, radius: 2.0, opacity: 0.9 }
    }
}
