//! The columns of the pseudo-tables, each once; the pseudo-tables list them with
//! their marks.

use super::model::{PseudoColumn, column};

pub(super) const LDS_NAME: PseudoColumn = column("name", "lds_q", "name");
pub(super) const LDS_PROJECT: PseudoColumn = column("project", "lds_q", "project");
pub(super) const LDS_ANTENNA_TYPE: PseudoColumn = column("antennaType", "lds_q", "antenna_type");
pub(super) const LDS_INITIAL_UTC: PseudoColumn = column("initialUTC", "lds_q", "initial_utc");
pub(super) const LDS_FINAL_UTC: PseudoColumn = column("finalUTC", "lds_q", "final_utc");
pub(super) const LDS_INITIAL_MJD: PseudoColumn = column("initialMJD", "lds_q", "initial_mjd");
pub(super) const LDS_FINAL_MJD: PseudoColumn = column("finalMJD", "lds_q", "final_mjd");
pub(super) const LDS_DURATION: PseudoColumn = column("duration[s]", "lds_q", "lds_duration");
pub(super) const LDS_NUMBER_BEAMS: PseudoColumn = column("#Beams", "lds_q", "lds_number_beams");
pub(super) const LDS_MAIN_FIELD: PseudoColumn = column("mainField", "lds_q", "lds_main_field");
pub(super) const LDS_FIELDS: PseudoColumn = column("fields", "lds_q", "lds_fields");
pub(super) const LDS_NUMBER_STATIONS: PseudoColumn =
    column("#Stations", "lds_q", "lds_number_stations");
pub(super) const LDS_NUMBER_SBS: PseudoColumn = column("#SBs", "lds_q", "lds_number_sbs");
pub(super) const LDS_FILES: PseudoColumn =
    column("#MSPs", "lds_q", "lds_number_measurementset_products");
pub(super) const LDS_TOTAL_SIZE: PseudoColumn = column("size[MB]", "lds_q", "lds_total_size");
pub(super) const LDS_LOWEST: PseudoColumn =
    column("minFreq[MHz]", "lds_q", "lds_minimum_central_frequency").double();
pub(super) const LDS_HIGHEST: PseudoColumn =
    column("maxFreq[MHz]", "lds_q", "lds_maximum_central_frequency").double();
pub(super) const LDS_HAS_GAIN: PseudoColumn = column("hasGain", "lds_q", "lds_has_gain");
pub(super) const LDS_HAS_QUALITY: PseudoColumn = column("hasQuality", "lds_q", "lds_has_quality");
pub(super) const LDS_HAS_GAIN_MOVIE: PseudoColumn =
    column("hasGainMovie", "lds_q", "lds_has_gain_movie");
pub(super) const LDSB_BEAM_ID: PseudoColumn = column("LDSBId", "ldsb_q", "lofar_dataset_beam_id");
pub(super) const LDSB_LOFAR_DATASET: PseudoColumn = column("LDS", "ldsb_q", "lofar_dataset");
pub(super) const LDSB_BEAM_INDEX: PseudoColumn = column("beamIndex", "ldsb_q", "beam_index");
pub(super) const LDSB_FIELD: PseudoColumn = column("field", "ldsb_q", "field");
pub(super) const LDSB_PHASE_DIRECTION_RA: PseudoColumn =
    column("phaseDirRA", "ldsb_q", "phase_direction_ra").double();
pub(super) const LDSB_PHASE_DIRECTION_DEC: PseudoColumn =
    column("phaseDirDec", "ldsb_q", "phase_direction_dec").double();
pub(super) const LDSB_NUMBER_LDSBP: PseudoColumn = column("#LDSBP", "ldsb_q", "ldsb_number_ldsbp");
pub(super) const LDSB_NUMBER_SBS: PseudoColumn = column("#SBs", "ldsb_q", "ldsb_number_sbs");
pub(super) const LDSB_FILES: PseudoColumn =
    column("#MSPs", "ldsb_q", "ldsb_number_measurementset_products");
pub(super) const LDSB_TOTAL_SIZE: PseudoColumn = column("size[MB]", "ldsb_q", "ldsb_total_size");
pub(super) const LDSB_LOWEST: PseudoColumn =
    column("minFreq[MHz]", "ldsb_q", "ldsb_minimum_central_frequency").double();
pub(super) const LDSB_HIGHEST: PseudoColumn =
    column("maxFreq[MHz]", "ldsb_q", "ldsb_maximum_central_frequency").double();
pub(super) const LDSB_HAS_GAIN: PseudoColumn = column("hasGain", "ldsb_q", "ldsb_has_gain");
pub(super) const LDSB_HAS_QUALITY: PseudoColumn =
    column("hasQuality", "ldsb_q", "ldsb_has_quality");
pub(super) const LDSB_HAS_GAIN_MOVIE: PseudoColumn =
    column("hasGainMovie", "ldsb_q", "ldsb_has_gain_movie");
pub(super) const LDSBP_PRODUCT_ID: PseudoColumn =
    column("LDSBPId", "ldsbp_q", "lofar_dataset_beam_product_id");
pub(super) const LDSBP_BEAM_ID: PseudoColumn = column("LDSBId", "ldsbp_q", "lofar_dataset_beam_id");
pub(super) const LDSBP_NUMBER_CHANNELS: PseudoColumn =
    column("numChan", "ldsbp_q", "number_channels");
pub(super) const LDSBP_INTEGRATION_TIME: PseudoColumn =
    column("intTime", "ldsbp_q", "integration_time").double();
pub(super) const LDSBP_STORE: PseudoColumn = column("store", "ldsbp_q", "store");
pub(super) const LDSBP_DESCRIPTION: PseudoColumn = column("description", "ldsbp_q", "description");
pub(super) const LDSBP_MAIN_USER: PseudoColumn = column("mainUser", "ldsbp_q", "main_user");
pub(super) const LDSBP_PRODUCT_VERSION: PseudoColumn =
    column("version", "ldsbp_q", "product_version");
pub(super) const LDSBP_RAW: PseudoColumn = column("raw", "ldsbp_q", "raw");
pub(super) const LDSBP_TAR: PseudoColumn = column("tar", "ldsbp_q", "tar");
pub(super) const LDSBP_BVF: PseudoColumn = column("bvf", "ldsbp_q", "bvf");
pub(super) const LDSBP_FILES: PseudoColumn =
    column("#MSPs", "ldsbp_q", "ldsbp_number_measurementset_products");
pub(super) const LDSBP_TOTAL_SIZE: PseudoColumn = column("size[MB]", "ldsbp_q", "ldsbp_total_size");
pub(super) const LDSBP_LAST_MODIFICATION: PseudoColumn =
    column("lastMod", "ldsbp_q", "ldsbp_last_modification").time();
pub(super) const LDSBP_LOWEST: PseudoColumn =
    column("minFreq[MHz]", "ldsbp_q", "ldsbp_minimum_central_frequency").double();
pub(super) const LDSBP_HIGHEST: PseudoColumn =
    column("maxFreq[MHz]", "ldsbp_q", "ldsbp_maximum_central_frequency").double();
pub(super) const LDSBP_HAS_GAIN: PseudoColumn = column("hasGain", "ldsbp_q", "ldsbp_has_gain");
pub(super) const LDSBP_HAS_QUALITY: PseudoColumn =
    column("hasQuality", "ldsbp_q", "ldsbp_has_quality");
pub(super) const LDSBP_FLAGGED: PseudoColumn = column("flag", "ldsbp_q", "flagged");
pub(super) const LDSBP_AVERAGED: PseudoColumn = column("averaged", "ldsbp_q", "averaged");
pub(super) const LDSBP_CALIBRATED: PseudoColumn = column("cal", "ldsbp_q", "calibrated");
pub(super) const LDSBP_DIR_DEP_CALIBRATION: PseudoColumn =
    column("dirDepCal", "ldsbp_q", "dir_dep_calibration");
pub(super) const LDSBP_DIR_INDEP_CALIBRATION: PseudoColumn =
    column("dirIndepCal", "ldsbp_q", "dir_indep_calibration");
pub(super) const LDSBP_HAS_GAIN_MOVIE: PseudoColumn =
    column("hasGainMovie", "ldsbp_q", "ldsbp_has_gain_movie");
pub(super) const MS_SET_ID: PseudoColumn = column("MSId", "ms_q", "measurementset_id");
pub(super) const MS_PRODUCT_ID: PseudoColumn =
    column("LDSBPId", "ms_q", "lofar_dataset_beam_product_id");
pub(super) const MS_SB_INDEX: PseudoColumn = column("sbIndex", "ms_q", "sb_index");
pub(super) const MS_CENTRAL_FREQUENCY: PseudoColumn =
    column("centFreq", "ms_q", "central_frequency").double();
pub(super) const MS_BANDWIDTH: PseudoColumn = column("bandwidth", "ms_q", "bandwidth").double();
pub(super) const MS_HAS_MSP: PseudoColumn = column("hasMSP", "ms_q", "ms_has_msp");
pub(super) const MS_HAS_GAIN: PseudoColumn = column("hasGain", "ms_q", "ms_has_gain");
pub(super) const MS_HAS_QUALITY: PseudoColumn = column("hasQuality", "ms_q", "ms_has_quality");
pub(super) const MS_HAS_GAIN_MOVIE: PseudoColumn =
    column("hasGainMovie", "ms_q", "ms_has_gain_movie");
pub(super) const MSP_ID: PseudoColumn =
    column("MSPId", "measurementset_product", "measurementset_product_id");
pub(super) const MSP_SET_ID: PseudoColumn =
    column("MSId", "measurementset_product", "measurementset_id");
pub(super) const MSP_STORE_HOST: PseudoColumn =
    column("host", "measurementset_product", "store_host");
pub(super) const MSP_PARENT_PATH: PseudoColumn =
    column("path", "measurementset_product", "parent_path");
pub(super) const MSP_NAME: PseudoColumn = column("name", "measurementset_product", "name");
pub(super) const MSP_PRODUCT_SIZE: PseudoColumn =
    column("size[MB]", "measurementset_product", "product_size");
pub(super) const MSP_LAST_MODIFICATION: PseudoColumn =
    column("lastMod", "measurementset_product", "last_modification").time();
pub(super) const MSP_LAST_CHECK: PseudoColumn =
    column("lastCheck", "measurementset_product", "last_check").time();
pub(super) const GAIN_ID: PseudoColumn = column("gainId", "gain", "gain_id");
pub(super) const GAIN_SET_ID: PseudoColumn = column("MSId", "gain", "measurementset_id");
pub(super) const GAIN_STATION: PseudoColumn = column("station", "gain", "station");
pub(super) const GAIN_DIRECTION_RA: PseudoColumn = column("dirRA", "gain", "direction_ra").double();
pub(super) const GAIN_DIRECTION_DEC: PseudoColumn =
    column("dirDec", "gain", "direction_dec").double();
pub(super) const GAIN_FREQ_STEP: PseudoColumn = column("freqStep", "gain", "freq_step").double();
pub(super) const GAIN_TIME_STEP: PseudoColumn = column("timeStep", "gain", "time_step").double();
pub(super) const GAIN_LAST_CHECK: PseudoColumn = column("lastCheck", "gain", "last_check").time();
pub(super) const GAIN_VALUES: PseudoColumn = column("values", "gain", "values");
pub(super) const QTS_ID: PseudoColumn =
    column("QTSId", "quality_time_statistic", "quality_time_statistic_id");
pub(super) const QTS_SET_ID: PseudoColumn =
    column("MSId", "quality_time_statistic", "measurementset_id");
pub(super) const QTS_FREQ_STEP: PseudoColumn =
    column("freqStep", "quality_time_statistic", "freq_step").double();
pub(super) const QTS_TIME_STEP: PseudoColumn =
    column("timeStep", "quality_time_statistic", "time_step").double();
pub(super) const QTS_KIND_ID: PseudoColumn =
    column("qKId", "quality_time_statistic", "quality_kind_id");
pub(super) const KIND_NAME: PseudoColumn = column("qKName", "quality_kind", "name");
pub(super) const QTS_LAST_CHECK: PseudoColumn =
    column("lastCheck", "quality_time_statistic", "last_check").time();
pub(super) const QTS_VALUES: PseudoColumn = column("values", "quality_time_statistic", "values");
pub(super) const QFS_ID: PseudoColumn =
    column("QFSId", "quality_frequency_statistic", "quality_frequency_statistic_id");
pub(super) const QFS_SET_ID: PseudoColumn =
    column("MSId", "quality_frequency_statistic", "measurementset_id");
pub(super) const QFS_FREQ_STEP: PseudoColumn =
    column("freqStep", "quality_frequency_statistic", "freq_step").double();
pub(super) const QFS_KIND_ID: PseudoColumn =
    column("qKId", "quality_frequency_statistic", "quality_kind_id");
pub(super) const QFS_LAST_CHECK: PseudoColumn =
    column("lastCheck", "quality_frequency_statistic", "last_check").time();
pub(super) const QFS_VALUES: PseudoColumn =
    column("values", "quality_frequency_statistic", "values");
pub(super) const QBS_ID: PseudoColumn =
    column("QBSId", "quality_baseline_statistic", "quality_baseline_statistic_id");
pub(super) const QBS_SET_ID: PseudoColumn =
    column("MSId", "quality_baseline_statistic", "measurementset_id");
pub(super) const QBS_BASELINE_ID: PseudoColumn =
    column("baselineId", "quality_baseline_statistic", "baseline_id");
pub(super) const BASELINE_STATION_1: PseudoColumn = column("station", "baseline", "station_1");
pub(super) const BASELINE_STATION_2: PseudoColumn = column("station2", "baseline", "station_2");
pub(super) const QBS_FREQ_STEP: PseudoColumn =
    column("freqStep", "quality_baseline_statistic", "freq_step").double();
pub(super) const QBS_KIND_ID: PseudoColumn =
    column("qKId", "quality_baseline_statistic", "quality_kind_id");
pub(super) const QBS_LAST_CHECK: PseudoColumn =
    column("lastCheck", "quality_baseline_statistic", "last_check").time();
pub(super) const QBS_VALUES: PseudoColumn =
    column("values", "quality_baseline_statistic", "values");
pub(super) const MOVIE_ID: PseudoColumn = column("gainMovieId", "gain_movie", "gain_movie_id");
pub(super) const MOVIE_FILE_PATH: PseudoColumn = column("path", "gain_movie", "file_path");
pub(super) const MOVIE_STORE_HOST: PseudoColumn = column("host", "gain_movie", "store_host");
pub(super) const MOVIE_PRODUCT_SIZE: PseudoColumn =
    column("size[MB]", "gain_movie", "product_size");
pub(super) const MOVIE_XAXIS: PseudoColumn = column("xaxis", "gain_movie", "xaxis");
pub(super) const MOVIE_JONES: PseudoColumn = column("jones", "gain_movie", "jones");
pub(super) const MOVIE_POLAR: PseudoColumn = column("polar", "gain_movie", "polar");
pub(super) const MOVIE_REFERENCE_STATION: PseudoColumn =
    column("refStation", "gain_movie", "reference_station");
pub(super) const MOVIE_TIMES: PseudoColumn = column("times", "gain_movie", "times");
pub(super) const MOVIE_CHANNELS: PseudoColumn = column("channels", "gain_movie", "channels");
pub(super) const MOVIE_YRANGE: PseudoColumn = column("yRange", "gain_movie", "yrange");
pub(super) const MOVIE_MESSAGE: PseudoColumn = column("message", "gain_movie", "message");
pub(super) const MOVIE_LAST_CHECK: PseudoColumn =
    column("lastCheck", "gain_movie", "last_check").time();
pub(super) const LDS_NUMBER_DISTINCT_SBS: PseudoColumn =
    column("#DistinctSBs", "lds_q", "lds_number_distinct_sbs");
pub(super) const LDSBP_PRODUCT_STATE: PseudoColumn = column("state", "ldsbp_q", "product_state");
pub(super) const GAIN_TIME_START: PseudoColumn = column("timeStart", "gain", "time_start");
pub(super) const QTS_TIME_START: PseudoColumn =
    column("timeStart", "quality_time_statistic", "time_start");
pub(super) const MOVIEMS_SET_ID: PseudoColumn =
    column("MSId", "gain_movie_has_measurementset", "measurementset_id");
