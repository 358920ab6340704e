//! Folder templates that are filled from the path of each measurement set.
//!
//! * `{lds} {id} {year} {version} {beam} {sb} {name}` stand for what the path
//!   tells; `{{` and `}}` are braces.
//! * The older `XXXXX` is the id, and `XXXX` the year in templates that have
//!   `XXXX_XXXXX`.
//!
//! A value never adds or removes a component. Two things are added for the
//! user: the version of the data, where the last component would be a dataset
//! folder without one; and, in older templates only, `pipeline` for averaged
//! data, where that folder stands directly in a data root of the project.

mod parse;
#[cfg(test)]
mod tests;

use crate::path::{DataPath, DatasetName};
use crate::quote::show;
use crate::versions;

pub use parse::{TemplateError, TemplateFault};

/// The folder of averaged data directly below a data root.
pub const PIPELINE: &str = "pipeline";

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// `{lds}`: the observation, `L80897`.
    Lds,
    /// `{id}` or `XXXXX`: its digits, `80897`.
    Id,
    /// `{year}` or `XXXX`: its year, `2013`.
    Year,
    /// `{version}`: three digits, `001`.
    Version,
    /// `{beam}`: three digits, `000`.
    Beam,
    /// `{sb}`: three digits or more, `004`.
    SubBand,
    /// `{name}`: the last component.
    Name,
}

impl Fact {
    /// All, with the names of their placeholders.
    const NAMED: [(&'static str, Self); 7] = [
        ("lds", Self::Lds),
        ("id", Self::Id),
        ("year", Self::Year),
        ("version", Self::Version),
        ("beam", Self::Beam),
        ("sb", Self::SubBand),
        ("name", Self::Name),
    ];

    /// What it is, in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Lds | Self::Id => "observation",
            Self::Year => "year",
            Self::Version => "version",
            Self::Beam => "beam",
            Self::SubBand => "sub-band",
            Self::Name => "name",
        }
    }

    fn of(self, source: &DataPath<'_>, year: Option<u16>) -> Option<String> {
        match self {
            Self::Lds => source.lds(),
            Self::Id => source.id.map(str::to_string),
            Self::Year => source.year.or(year).map(|year| format!("{year:04}")),
            Self::Version => Some(format!("{:03}", source.version())),
            Self::Beam => source.beam.map(|beam| format!("{beam:03}")),
            Self::SubBand => source.sub_band.map(|sb| format!("{sb:03}")),
            Self::Name => (!source.name.is_empty()).then(|| source.name.to_string()),
        }
    }
}

/// A part of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Fact(Fact),
}

/// A folder with placeholders, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    absolute: bool,
    components: Vec<Vec<Piece>>,
    /// It uses the older placeholders.
    legacy: bool,
}

/// A source path that does not tell what the template needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// The path does not tell it, nor did anybody else.
    #[error("{path}: the {} is not known, and the destination needs it", fact.describe())]
    Unknown {
        /// What is missing.
        fact: Fact,
        /// The source, as messages show it.
        path: String,
    },
    /// A component would become empty, `.` or `..`.
    #[error("{path}: the destination would have the component `{component}`")]
    Component {
        /// The component.
        component: String,
        /// The source, as messages show it.
        path: String,
    },
}

impl FillError {
    /// What to do.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unknown { fact: Fact::Year, .. } => {
                Some("use a template without the year, such as `L{id}` or `LXXXXX`".to_string())
            }
            Self::Unknown { fact: Fact::Lds | Fact::Id, .. } => Some(
                "only names such as `L80897_SAP000_SB001_uv.MS` or folders such as \
                 `L2013_80897_001` tell the observation"
                    .to_string(),
            ),
            _ => None,
        }
    }
}

impl Template {
    /// Whether there is nothing to fill.
    pub fn is_literal(&self) -> bool {
        self.pieces().all(|piece| matches!(piece, Piece::Text(_)))
    }

    /// Whether it has a placeholder for `fact`. Before filling, a year that
    /// the path does not tell may be read from the data.
    pub fn needs(&self, fact: Fact) -> bool {
        self.pieces().any(|piece| *piece == Piece::Fact(fact))
    }

    /// The destination folder for a source. `year` serves where the path
    /// tells none; `roots` are the data roots of the project, such as
    /// `/data1/users/lofareor`. A template without placeholders is itself.
    ///
    /// ```
    /// use ledama_base::{path::DataPath, placeholder::Template};
    /// let template = Template::parse("/data1/users/grp/LXXXXX").unwrap();
    /// let source = DataPath::parse("/data2/users/grp/L80897_002/L80897_SB001.MS.dppp");
    /// let folder = template.fill(&source, None, &["/data1/users/grp"]).unwrap();
    /// assert_eq!(folder, "/data1/users/grp/pipeline/L80897_002");
    /// ```
    pub fn fill<S: AsRef<str>>(
        &self,
        source: &DataPath<'_>,
        year: Option<u16>,
        roots: &[S],
    ) -> Result<String, FillError> {
        let mut components = Vec::with_capacity(self.components.len() + 1);
        for component in &self.components {
            components.push(fill_component(component, source, year)?);
        }
        if self.wants_version(components.last())
            && source.version() != 0
            && let Some(last) = components.last_mut()
        {
            last.push_str(&versions::suffix(source.version()));
        }
        if self.legacy && !source.raw && !components.iter().any(|c| c == PIPELINE) {
            let last = components.len() - 1;
            let parent = self.rooted(&components[..last]);
            if roots.iter().any(|root| root.as_ref().trim_end_matches('/') == parent) {
                components.insert(last, PIPELINE.to_string());
            }
        }
        Ok(self.rooted(&components))
    }

    /// Whether the version of the data belongs behind the last component.
    fn wants_version(&self, filled: Option<&String>) -> bool {
        let names_observation = self.components.last().is_some_and(|last| {
            last.iter().any(|piece| matches!(piece, Piece::Fact(Fact::Lds | Fact::Id)))
        });
        names_observation
            && !self.needs(Fact::Version)
            && filled
                .and_then(|name| DatasetName::parse(name))
                .is_some_and(|dataset| dataset.version.is_none())
    }

    fn rooted(&self, components: &[String]) -> String {
        let front = if self.absolute { "/" } else { "" };
        format!("{front}{}", components.join("/"))
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.components.iter().flatten()
    }
}

fn fill_component(
    pieces: &[Piece],
    source: &DataPath<'_>,
    year: Option<u16>,
) -> Result<String, FillError> {
    let path = || show(source.path).into_owned();
    let mut component = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => component.push_str(text),
            Piece::Fact(fact) => component.push_str(
                &fact
                    .of(source, year)
                    .ok_or_else(|| FillError::Unknown { fact: *fact, path: path() })?,
            ),
        }
    }
    if matches!(component.as_str(), "" | "." | "..") {
        return Err(FillError::Component { component, path: path() });
    }
    Ok(component)
}
