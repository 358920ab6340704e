//! What can be found wrong with a parset of DP3 before it is given to DP3.

use ledama_base::suggest;

use super::Parset;

/// Keys that stand alone.
const GLOBAL: &[&str] = &[
    "msin",
    "msout",
    "steps",
    "numthreads",
    "checkparset",
    "showcounts",
    "showtimings",
    "showprogress",
    "uselogger",
    "verbosity",
    "memorymax",
    "memoryperc",
    "parallelbaselines",
    "threadpool",
    "usedyscostman",
    "logger",
];

/// Keys behind `msin.`.
const MSIN: &[&str] = &[
    "name",
    "type",
    "startchan",
    "nchan",
    "band",
    "starttime",
    "starttimeslot",
    "endtime",
    "ntimes",
    "baseline",
    "blrange",
    "corrtype",
    "autoweight",
    "forceautoweight",
    "weightcolumn",
    "datacolumn",
    "extradatacolumns",
    "modelcolumn",
    "flagcolumn",
    "useflag",
    "sort",
    "orderms",
    "missingdata",
    "allowmissing",
    "allowflagcolumn",
    "filterbaseline",
    "forceaoweight",
    "coordinates",
    "sources",
    "nrtimes",
    "metadatacompression",
    "antennacompression",
    "basdatacolumn",
    "skipwrongmetadata",
    "beaminfo",
    "chunksize",
    "chunkduration",
];

/// Keys behind `msout.`.
const MSOUT: &[&str] = &[
    "name",
    "type",
    "overwrite",
    "datacolumn",
    "flagcolumn",
    "weightcolumn",
    "writefullresflag",
    "tilenchan",
    "tilesize",
    "vdsdir",
    "clusterdesc",
    "countflag",
    "uvwcompression",
    "antennacompression",
    "scalarflags",
    "scalarweights",
    "chunkduration",
    "storagemanager",
    "storagemanager.name",
    "storagemanager.databitrate",
    "storagemanager.weightbitrate",
    "storagemanager.distribution",
    "storagemanager.disttruncation",
    "storagemanager.normalization",
    "storagemanager.sisco_deflate_level",
    "storagemanager.sisco_predict_level",
    "extradatacolumns",
    "fieldname",
    "flush",
];

/// Step types of DP3; other names need a `NAME.type`.
const TYPES: &[&str] = &[
    "aoflagger",
    "antennaflagger",
    "applybeam",
    "applycal",
    "average",
    "averager",
    "squash",
    "bdaaverage",
    "bdaaverager",
    "bdaexpander",
    "calibrate",
    "clipper",
    "combinestations",
    "count",
    "counter",
    "ddecal",
    "demix",
    "demixer",
    "dynspec",
    "explode",
    "filter",
    "flagtransfer",
    "gaincal",
    "grouppredict",
    "h5parmpredict",
    "idgpredict",
    "interpolate",
    "madflag",
    "madflagger",
    "msout",
    "null",
    "nullstokes",
    "onepredict",
    "out",
    "output",
    "phaseshift",
    "phaseshifter",
    "predict",
    "preflag",
    "preflagger",
    "python",
    "pythondppp",
    "rotate",
    "sagecalpredict",
    "scaledata",
    "setbeam",
    "smartdemix",
    "smartdemixer",
    "split",
    "stationadd",
    "stationadder",
    "statsmodel",
    "transfer",
    "upsample",
    "uvwflag",
    "uvwflagger",
    "wgridderpredict",
    "wscleanwriter",
];

/// What is wrong with a parset as a template, in sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// DP3 would refuse it, or do something that was not meant.
    pub errors: Vec<String>,
    /// Odd, but possible.
    pub warnings: Vec<String>,
}

impl Parset {
    /// The steps in their order.
    pub fn steps(&self) -> Vec<String> {
        self.list("steps")
    }

    /// The type of a step: that of its own key, else its name.
    pub fn step_type(&self, step: &str) -> String {
        self.get(&format!("{step}.type")).unwrap_or_else(|| step.to_string()).to_lowercase()
    }

    /// Looks for what DP3 would not understand.
    pub fn findings(&self) -> Findings {
        let mut found = Findings::default();
        if self.raw("steps").is_none() {
            found.errors.push("it has no key `steps`".into());
        }
        let steps = self.steps();
        for step in &steps {
            let kind = self.step_type(step);
            if !TYPES.contains(&kind.as_str()) {
                let near = suggest::did_you_mean(&kind, TYPES.iter().copied());
                let near = near.map_or(String::new(), |near| format!(" ({near})"));
                found
                    .warnings
                    .push(format!("`{kind}` of step `{step}` is no known step type{near}"));
            }
        }
        for key in self.keys() {
            match key.split_once('.') {
                Some(("msin", rest)) => unknown("msin.", rest, MSIN, &mut found.errors),
                Some(("msout", rest)) => unknown("msout.", rest, MSOUT, &mut found.errors),
                Some((step, _)) if !steps.iter().any(|known| known == step) => {
                    found.warnings.push(format!("`{key}` belongs to no step"));
                }
                Some(_) => {}
                None => unknown("", key, GLOBAL, &mut found.errors),
            }
        }
        found
    }
}

fn unknown(front: &str, key: &str, known: &[&str], faults: &mut Vec<String>) {
    if known.contains(&key) {
        return;
    }
    let near = suggest::did_you_mean(key, known.iter().copied());
    let near = near.map_or(String::new(), |near| format!(" ({near})"));
    faults.push(format!("`{front}{key}` is no key of DP3{near}"));
}
