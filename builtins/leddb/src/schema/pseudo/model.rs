//! The words in which pseudo-tables are described.

use crate::schema::{self, Column, Table, Type, Unit};

/// The pseudo-tables, in the order of the hierarchy and of the tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pseudo {
    /// Observations.
    Lds,
    /// Beams.
    Ldsb,
    /// Products.
    Ldsbp,
    /// Measurement sets.
    Ms,
    /// Files and folders.
    Msp,
    /// Station gains.
    Gain,
    /// Time statistics.
    Qts,
    /// Frequency statistics.
    Qfs,
    /// Baseline statistics.
    Qbs,
    /// Movies of gains.
    GainMovie,
}

impl Pseudo {
    /// All, in order.
    pub const ALL: [Self; 10] = [
        Self::Lds,
        Self::Ldsb,
        Self::Ldsbp,
        Self::Ms,
        Self::Msp,
        Self::Gain,
        Self::Qts,
        Self::Qfs,
        Self::Qbs,
        Self::GainMovie,
    ];

    /// Its description.
    pub fn table(self) -> &'static PseudoTable {
        super::TABLES[self as usize]
    }

    /// Its name, such as `LDSBP`.
    pub fn name(self) -> &'static str {
        self.table().name
    }

    /// The one of that name, whatever the case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pseudo| pseudo.name().eq_ignore_ascii_case(name))
    }

    /// Whether its rows are diagnostic arrays.
    pub const fn is_diagnostic(self) -> bool {
        matches!(self, Self::Gain | Self::Qts | Self::Qfs | Self::Qbs)
    }
}

/// Uses of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// Shown unless the user says otherwise.
    pub shown: bool,
    /// May stand in conditions.
    pub filter: bool,
    /// Offered in the free column filter of the user interface.
    pub offered: bool,
    /// Part of the query that loads arrays.
    pub values: bool,
}

impl Marks {
    /// Reads `SFUV`, any of them.
    const fn read(text: &str) -> Self {
        let mut marks = Self { shown: false, filter: false, offered: false, values: false };
        let bytes = text.as_bytes();
        let mut k = 0;
        while k < bytes.len() {
            match bytes[k] {
                b'S' => marks.shown = true,
                b'F' => marks.filter = true,
                b'U' => marks.offered = true,
                b'V' => marks.values = true,
                _ => panic!("marks are S, F, U and V"),
            }
            k += 1;
        }
        marks
    }
}

/// How a value is written for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As stored.
    Plain,
    /// At most three decimals, no trailing zeros.
    Double,
    /// `YYYY/MM/DD/hh:mm:ss`, UTC.
    Time,
}

/// One column of a pseudo-table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PseudoColumn {
    /// Its name as users see it, unique in the pseudo-table.
    pub header: &'static str,
    /// Another header it is known by.
    pub alias: Option<&'static str>,
    /// Table or view it comes from.
    pub relation: &'static str,
    /// Its column there; conditions are stored under both.
    pub column: &'static str,
    /// What it is used for.
    pub marks: Marks,
    /// How its values are written.
    pub format: Format,
}

pub(super) const fn column(
    header: &'static str,
    relation: &'static str,
    column: &'static str,
) -> PseudoColumn {
    PseudoColumn {
        header,
        alias: None,
        relation,
        column,
        marks: Marks::read(""),
        format: Format::Plain,
    }
}

impl PseudoColumn {
    pub(super) const fn double(mut self) -> Self {
        self.format = Format::Double;
        self
    }

    pub(super) const fn time(mut self) -> Self {
        self.format = Format::Time;
        self
    }

    pub(super) const fn also(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    pub(super) const fn marks(mut self, marks: &str) -> Self {
        self.marks = Marks::read(marks);
        self
    }

    /// Where it is described.
    #[allow(clippy::expect_used, clippy::missing_panics_doc)] // A test looks every column up.
    pub fn source(&self) -> &'static Column {
        schema::column(self.relation, self.column).expect("every pseudo-column has a source")
    }

    /// What it holds.
    pub fn kind(&self) -> Type {
        self.source().kind
    }

    /// What its number means.
    pub fn unit(&self) -> Unit {
        self.source().unit
    }

    /// One sentence for manuals.
    pub fn about(&self) -> &'static str {
        self.source().about
    }

    /// Whether users mean it by that name, header or database column, whatever the case.
    pub fn is_called(&self, name: &str) -> bool {
        self.header.eq_ignore_ascii_case(name)
            || self.alias.is_some_and(|alias| alias.eq_ignore_ascii_case(name))
    }
}

/// A named list of columns drawn from several tables.
#[derive(Debug, Clone, Copy)]
pub struct PseudoTable {
    /// Which it is.
    pub kind: Pseudo,
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub about: &'static str,
    /// Table or view that gives it its rows and ids.
    pub base: &'static str,
    /// Tables and views from observations down to the base, joined one by one.
    pub chain: &'static [&'static str],
    /// Tables joined to the base besides.
    pub sides: &'static [&'static str],
    /// Whether a row may appear once for each of its parents, and must not.
    pub distinct: bool,
    /// Order of its rows unless the user says otherwise; the id comes last, always.
    pub order: &'static [(&'static str, &'static str)],
    /// Its columns; the first is its id.
    pub columns: &'static [PseudoColumn],
}

impl PseudoTable {
    /// The column that identifies a row.
    pub fn id(&self) -> &'static PseudoColumn {
        &self.columns[0]
    }

    /// The column that users mean by a header (whatever the case) or by a database column.
    pub fn column(&self, name: &str) -> Option<&'static PseudoColumn> {
        self.columns
            .iter()
            .find(|column| column.header == name)
            .or_else(|| self.columns.iter().find(|column| column.is_called(name)))
            .or_else(|| self.columns.iter().find(|column| column.column == name))
    }

    /// The column with that key, if this pseudo-table knows it.
    pub fn keyed(&self, relation: &str, column: &str) -> Option<&'static PseudoColumn> {
        self.columns.iter().find(|one| one.relation == relation && one.column == column)
    }

    /// The table of arrays it shows, if it shows any.
    pub fn diagnostic(&self) -> Option<&'static Table> {
        if self.kind.is_diagnostic() { schema::table(self.base) } else { None }
    }
}

/// How two tables or views are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The upper one.
    pub upper: &'static str,
    /// Its column.
    pub upper_column: &'static str,
    /// The lower one.
    pub lower: &'static str,
    /// Its column.
    pub lower_column: &'static str,
}
