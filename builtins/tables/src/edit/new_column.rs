//! What a new column is to be.

use crate::data_type::DataType;
use crate::value::Record;

/// A column of arrays to be added to a table, stored in tiles.
#[derive(Debug, Clone, PartialEq)]
pub struct NewColumn {
    /// Its name.
    pub name: String,
    /// The type of its values; a number type or booleans.
    pub data_type: DataType,
    /// The shape of its cells.
    pub shape: CellShape,
    /// What its cells hold at first.
    pub content: Content,
    /// What it holds, in words.
    pub comment: String,
    /// Its keywords.
    pub keywords: Record,
    /// Name of its storage manager; must be new in the table.
    pub manager: String,
    /// How it is cut into tiles.
    pub tiling: Tiling,
}

impl NewColumn {
    /// A column of zeros with cells like those of another column: its
    /// manager is named after the column, without underscores and in small
    /// letters, as casacore's own helpers do (`modeldata`).
    pub fn like(name: &str, column: &str, data_type: DataType) -> Self {
        Self {
            name: name.into(),
            data_type,
            shape: CellShape::Like(column.into()),
            content: Content::Zero,
            comment: String::new(),
            keywords: Record::new(),
            manager: name.replace('_', "").to_lowercase(),
            tiling: Tiling::default(),
        }
    }

    /// The same column with cells of a fixed shape in C order.
    #[must_use]
    pub fn shaped(mut self, shape: impl Into<Vec<usize>>) -> Self {
        self.shape = CellShape::Fixed(shape.into());
        self
    }

    /// The same column filled from another one of the same type.
    #[must_use]
    pub fn copied_from(mut self, column: &str) -> Self {
        self.content = Content::CopyOf(column.into());
        self
    }

    /// The same column with a comment.
    #[must_use]
    pub fn with_comment(mut self, comment: &str) -> Self {
        self.comment = comment.into();
        self
    }

    /// The same column with these keywords.
    #[must_use]
    pub fn with_keywords(mut self, keywords: Record) -> Self {
        self.keywords = keywords;
        self
    }
}

/// The shape of the cells of a new column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellShape {
    /// Row by row that of another column.
    Like(String),
    /// The same in each row, in C order.
    Fixed(Vec<usize>),
}

/// What the cells of a new column hold at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Zeros or `false`; the file takes no space until it is written.
    Zero,
    /// The values of another column of the same type and shape.
    CopyOf(String),
}

/// How a column is cut into tiles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tiling {
    /// `TiledColumnStMan` (one shape for all rows) or `TiledShapeStMan`;
    /// `None` takes the latter, which other programs expect.
    pub kind: Option<TiledKind>,
    /// The tile in C order, rows first; `None` chooses tiles of about 128 KiB.
    pub tile: Option<Vec<usize>>,
}

/// The tiled managers that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TiledKind {
    /// `TiledColumnStMan`: all cells have one shape.
    Column,
    /// `TiledShapeStMan`: cells of several shapes.
    Shape,
}

impl TiledKind {
    /// casacore's name of the manager.
    pub fn name(self) -> &'static str {
        match self {
            Self::Column => "TiledColumnStMan",
            Self::Shape => "TiledShapeStMan",
        }
    }
}
