//! The words in which tables are described: types, units, columns, keys, checks.
//!
//! A description is plain constant data, made with `const fn`s so that a table
//! reads as a list. Nothing here knows a back end; the dialects turn it into
//! their own types.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// 64-bit integer: every id and count.
    Int64,
    /// 32-bit integer: axes of arrays, where billions of rows count.
    Int32,
    /// 16-bit integer, likewise.
    Int16,
    /// 64-bit float.
    Float,
    /// Yes or no.
    Bool,
    /// Text in byte order, of at most so many characters.
    Text(Option<u16>),
    /// Seconds since 1970-01-01 UTC, 64-bit.
    Time,
    /// Floats of a fixed number; JSON text where there are no arrays.
    Floats(u8),
    /// Integers, of a fixed number if given; JSON text where there are no arrays.
    Ints(Option<u8>),
    /// A JSON document as text.
    Json,
    /// Bytes of a diagnostic array (`values`).
    Values,
}

impl Type {
    /// Whether it is one of the integers.
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::Int64 | Self::Int32 | Self::Int16 | Self::Time)
    }

    /// The word for it in messages and manuals.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Int64 | Self::Int32 | Self::Int16 => "integer",
            Self::Float => "number",
            Self::Bool => "true or false",
            Self::Text(_) => "text",
            Self::Time => "time",
            Self::Floats(_) => "list of numbers",
            Self::Ints(_) => "list of integers",
            Self::Json => "JSON",
            Self::Values => "array",
        }
    }
}

/// What a number means. Stored units are those of the observatory's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A plain number, name or flag.
    None,
    /// Seconds.
    Seconds,
    /// Modified Julian Date in seconds (MJD times 86400), as in the TIME column of a set.
    MjdSeconds,
    /// Seconds since 1970-01-01 UTC.
    EpochSeconds,
    /// Text `YYYY/MM/DD/hh:mm:ss`, UTC.
    UtcText,
    /// Hz.
    Hertz,
    /// MHz.
    Megahertz,
    /// Degrees.
    Degrees,
    /// Metres.
    Metres,
    /// MiB (2^20 bytes), rounded up.
    Mebibytes,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// How it is written; empty for none.
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Seconds => "s",
            Self::MjdSeconds => "MJD in s",
            Self::EpochSeconds => "s since 1970 UTC",
            Self::UtcText => "UTC",
            Self::Hertz => "Hz",
            Self::Megahertz => "MHz",
            Self::Degrees => "deg",
            Self::Metres => "m",
            Self::Mebibytes => "MiB",
            Self::Bytes => "B",
        }
    }
}

/// What a column has when a row does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// An integer.
    Int(i64),
    /// A text.
    Text(&'static str),
    /// Yes or no.
    Bool(bool),
}

/// A column computed from another of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    /// Seconds of that column in whole microseconds, halves away from zero.
    Microseconds(&'static str),
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in both databases.
    pub name: &'static str,
    /// What it holds.
    pub kind: Type,
    /// Whether it may be unknown.
    pub nullable: bool,
    /// What it has when a row does not say.
    pub default: Option<Default>,
    /// How it is computed, if it is.
    pub generated: Option<Generated>,
    /// What its number means.
    pub unit: Unit,
    /// One sentence for manuals, without a dot.
    pub about: &'static str,
}

impl Column {
    /// A column that is never unknown.
    pub const fn new(name: &'static str, kind: Type, about: &'static str) -> Self {
        Self {
            name,
            kind,
            nullable: false,
            default: None,
            generated: None,
            unit: Unit::None,
            about,
        }
    }

    /// An id or a count.
    pub const fn int(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Type::Int64, about)
    }

    /// A number.
    pub const fn float(name: &'static str, unit: Unit, about: &'static str) -> Self {
        Self::new(name, Type::Float, about).unit(unit)
    }

    /// Yes or no.
    pub const fn flag(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Type::Bool, about)
    }

    /// Text of any length.
    pub const fn text(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Type::Text(None), about)
    }

    /// Text of at most so many characters.
    pub const fn name(name: &'static str, max: u16, about: &'static str) -> Self {
        Self::new(name, Type::Text(Some(max)), about)
    }

    /// A moment.
    pub const fn time(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Type::Time, about).unit(Unit::EpochSeconds)
    }

    /// The same, but may be unknown.
    #[must_use]
    pub const fn null(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The same with a unit.
    #[must_use]
    pub const fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    /// The same with a default.
    #[must_use]
    pub const fn default(mut self, default: Default) -> Self {
        self.default = Some(default);
        self
    }

    /// The same, computed.
    #[must_use]
    pub const fn generated(mut self, how: Generated) -> Self {
        self.generated = Some(how);
        self
    }
}

/// What happens to a row when the row it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// It is deleted too.
    Cascade,
    /// The deletion is refused.
    Refuse,
}

/// A reference to the single-column key of another table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignKey {
    /// Column of this table.
    pub column: &'static str,
    /// The table referred to.
    pub table: &'static str,
    /// Its key.
    pub references: &'static str,
    /// What happens when that row is deleted.
    pub on_delete: OnDelete,
}

impl ForeignKey {
    /// A reference that protects the row it points to.
    pub const fn to(column: &'static str, table: &'static str, references: &'static str) -> Self {
        Self { column, table, references, on_delete: OnDelete::Refuse }
    }

    /// A reference that follows the row it points to into deletion.
    pub const fn cascade(
        column: &'static str,
        table: &'static str,
        references: &'static str,
    ) -> Self {
        Self { column, table, references, on_delete: OnDelete::Cascade }
    }
}

/// A rule for the values of a row. Lengths of texts and lists and the two values
/// of a flag are checked without being listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// One of these words.
    OneOf(&'static str, &'static [&'static str]),
    /// At least this number.
    AtLeast(&'static str, i64),
    /// Exactly this number.
    Exactly(&'static str, i64),
    /// Not an empty text.
    NotEmpty(&'static str),
    /// The first column is not before the second, in byte order.
    NotBefore(&'static str, &'static str),
    /// The first column is less than the second.
    Less(&'static str, &'static str),
    /// `values` holds 16 bytes for each element of the shape.
    ValuesLength,
}

/// An index that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// Columns, in order.
    pub columns: &'static [&'static str],
}

/// What a table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// Which observations exist and where their files are.
    Reference,
    /// Processing steps applied to a product.
    Applications,
    /// Diagnostic arrays.
    Diagnostics,
    /// Movies made from gains.
    Movies,
    /// Facts derived from the others.
    Meta,
    /// Upkeep of the database itself.
    Service,
}

/// One table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name in both databases.
    pub name: &'static str,
    /// A few letters that its keys and indexes begin with.
    pub short: &'static str,
    /// What it is for.
    pub block: Block,
    /// One sentence for manuals, without a dot.
    pub about: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
    /// Columns of its primary key.
    pub primary: &'static [&'static str],
    /// Other unique keys; the first one is the identity of a row with a surrogate id.
    pub uniques: &'static [&'static [&'static str]],
    /// References to other tables.
    pub foreign: &'static [ForeignKey],
    /// Rules for its values.
    pub checks: &'static [Check],
    /// Indexes besides the keys.
    pub indexes: &'static [Index],
    /// Column of its surrogate id and the first id given.
    pub id: Option<(&'static str, i64)>,
    /// Whether it is cut into ranges of `measurementset_id` where the database can.
    pub partitioned: bool,
}

impl Table {
    /// A table without columns yet.
    pub const fn new(
        name: &'static str,
        short: &'static str,
        block: Block,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            short,
            block,
            about,
            columns: &[],
            primary: &[],
            uniques: &[],
            foreign: &[],
            checks: &[],
            indexes: &[],
            id: None,
            partitioned: false,
        }
    }

    /// Sets the columns.
    #[must_use]
    pub const fn columns(mut self, columns: &'static [Column]) -> Self {
        self.columns = columns;
        self
    }

    /// Sets the primary key.
    #[must_use]
    pub const fn primary(mut self, columns: &'static [&'static str]) -> Self {
        self.primary = columns;
        self
    }

    /// Sets the other unique keys.
    #[must_use]
    pub const fn uniques(mut self, keys: &'static [&'static [&'static str]]) -> Self {
        self.uniques = keys;
        self
    }

    /// Sets the references.
    #[must_use]
    pub const fn foreign(mut self, keys: &'static [ForeignKey]) -> Self {
        self.foreign = keys;
        self
    }

    /// Sets the rules.
    #[must_use]
    pub const fn checks(mut self, checks: &'static [Check]) -> Self {
        self.checks = checks;
        self
    }

    /// Sets the indexes.
    #[must_use]
    pub const fn indexes(mut self, indexes: &'static [Index]) -> Self {
        self.indexes = indexes;
        self
    }

    /// Gives it a surrogate id that counts from `first`.
    #[must_use]
    pub const fn id(mut self, column: &'static str, first: i64) -> Self {
        self.id = Some((column, first));
        self
    }

    /// Cuts it into ranges of `measurementset_id`.
    #[must_use]
    pub const fn partitioned(mut self) -> Self {
        self.partitioned = true;
        self
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
