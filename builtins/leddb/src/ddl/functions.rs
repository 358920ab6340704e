//! Functions for people who look at arrays with `psql`: the bytes as nested
//! arrays of numbers. The program itself never calls them.

use super::Ddl;

/// One number from eight bytes, little-endian. The server has no cast from bytes
/// to floats, so sign, exponent and fraction are put together.
const FLOAT: &str = r#"CREATE FUNCTION "leddb_float"("bytes" bytea, "place" bigint)
RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $leddb$
DECLARE
  at integer := ("place" * 8)::integer;
  high integer := get_byte("bytes", at + 7);
  next integer := get_byte("bytes", at + 6);
  power integer := ((high & 127) << 4) | (next >> 4);
  fraction bigint := (next & 15)::bigint << 48;
  sign double precision := CASE WHEN high >= 128 THEN -1 ELSE 1 END;
BEGIN
  FOR k IN 0..5 LOOP
    fraction := fraction | (get_byte("bytes", at + k)::bigint << (8 * k));
  END LOOP;
  IF power = 2047 THEN
    IF fraction <> 0 THEN RETURN 'NaN'; END IF;
    RETURN sign * double precision 'Infinity';
  ELSIF power = 0 THEN
    IF fraction = 0 THEN RETURN CASE WHEN sign < 0 THEN double precision '-0' ELSE 0 END; END IF;
    RETURN sign * fraction::double precision * double precision '4.9406564584124654e-324';
  END IF;
  RETURN sign * (fraction + 4503599627370496)::double precision * power(double precision '2', power - 1075);
END $leddb$"#;

/// All numbers in a row.
const FLOATS: &str = r#"CREATE FUNCTION "leddb_floats"("bytes" bytea)
RETURNS double precision[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $leddb$
  SELECT COALESCE(array_agg("leddb_float"("bytes", k) ORDER BY k), '{}')
  FROM generate_series(0, octet_length("bytes") / 8 - 1) AS k
$leddb$"#;

/// The nested array `[correlation][channel][time][2]`.
const WITH_TIMES: &str = r#"CREATE FUNCTION "leddb_array"("bytes" bytea, "n_corr" integer, "n_freq" integer, "n_time" integer)
RETURNS double precision[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $leddb$
DECLARE
  result double precision[] := array_fill(NULL::double precision, ARRAY["n_corr", "n_freq", "n_time", 2]);
  place bigint := 0;
BEGIN
  FOR c IN 1.."n_corr" LOOP FOR f IN 1.."n_freq" LOOP FOR t IN 1.."n_time" LOOP FOR p IN 1..2 LOOP
    result[c][f][t][p] := "leddb_float"("bytes", place);
    place := place + 1;
  END LOOP; END LOOP; END LOOP; END LOOP;
  RETURN result;
END $leddb$"#;

/// The nested array `[correlation][channel][2]`.
const WITHOUT_TIMES: &str = r#"CREATE FUNCTION "leddb_array"("bytes" bytea, "n_corr" integer, "n_freq" integer)
RETURNS double precision[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $leddb$
DECLARE
  result double precision[] := array_fill(NULL::double precision, ARRAY["n_corr", "n_freq", 2]);
  place bigint := 0;
BEGIN
  FOR c IN 1.."n_corr" LOOP FOR f IN 1.."n_freq" LOOP FOR p IN 1..2 LOOP
    result[c][f][p] := "leddb_float"("bytes", place);
    place := place + 1;
  END LOOP; END LOOP; END LOOP;
  RETURN result;
END $leddb$"#;

/// All functions, for PostgreSQL.
pub(super) fn create_functions() -> Vec<Ddl> {
    [FLOAT, FLOATS, WITH_TIMES, WITHOUT_TIMES].map(|text| Ddl(text.to_string())).into()
}

/// How the functions are named when they are dropped, those that use others first.
pub(crate) const SIGNATURES: [&str; 4] = [
    "\"leddb_array\"(bytea, integer, integer)",
    "\"leddb_array\"(bytea, integer, integer, integer)",
    "\"leddb_floats\"(bytea)",
    "\"leddb_float\"(bytea, bigint)",
];
