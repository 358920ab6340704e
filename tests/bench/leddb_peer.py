"""The peers of the database benchmark, in a Python that has psycopg2.

    leddb_peer.py shapes HOST NAME TIMES      the original's statements, on tables as it had them
    leddb_peer.py rows HOST NAME COUNT        loading row by row with psycopg2
    leddb_peer.py copy HOST NAME OBSERVATION  a bare binary COPY of the same bytes

The original kept nightly copies of joined tables, and diagnostics in tables
that inherit; its statements joined all tables of the hierarchy and were pasted
together as text. These are made beside our tables from the same rows, without
the arrays. Each answer is a line of JSON.
"""
import io
import json
import statistics
import sys
import time

import psycopg2

#: Tables of diagnostics, and what tells one row of a set from another.
DIAGNOSTICS = {
    "gain": "station, direction_ra, direction_dec", "quality_time_statistic": "quality_kind_id",
    "quality_frequency_statistic": "quality_kind_id", "quality_baseline_statistic": "quality_kind_id, baseline_id",
}
WIDTH = 20000
CHAIN = ("original.ldsb_q.lofar_dataset = original.lds_q.name AND original.ldsb_q.lofar_dataset_beam_id = original.ldsbp_q.lofar_dataset_beam_id"
         " AND original.ldsbp_q.lofar_dataset_beam_product_id = original.ms_q.lofar_dataset_beam_product_id")
TABLES = "original.lds_q, original.ldsb_q, original.ldsbp_q, original.ms_q"


def connect(host, name):
    connection = psycopg2.connect(host=host, user="leddb", dbname=name)
    connection.autocommit = True
    return connection


def make(cursor):
    """Tables as the original had them, with the rows of ours."""
    cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'original'")
    if cursor.fetchone()[0]:
        return
    cursor.execute("CREATE SCHEMA original; SET constraint_exclusion = on")
    for view, key in (("lds_q", "name"), ("ldsb_q", "lofar_dataset_beam_id"), ("ldsbp_q", "lofar_dataset_beam_product_id"), ("ms_q", "measurementset_id")):
        cursor.execute(f"CREATE TABLE original.{view} AS SELECT * FROM public.{view}; CREATE UNIQUE INDEX ON original.{view} ({key})")
    cursor.execute("CREATE UNIQUE INDEX ON original.ldsb_q (lofar_dataset, beam_index);"
                   "CREATE UNIQUE INDEX ON original.ms_q (lofar_dataset_beam_product_id, sb_index);"
                   "CREATE TABLE original.msp AS SELECT * FROM public.measurementset_product;"
                   "ALTER TABLE original.msp ADD PRIMARY KEY (measurementset_product_id);"
                   "CREATE UNIQUE INDEX ON original.msp (store_host, parent_path, name);"
                   "CREATE INDEX ON original.msp (measurementset_id)")
    cursor.execute("SELECT max(measurementset_id) FROM public.measurementset")
    last = cursor.fetchone()[0] // WIDTH
    for table, key in DIAGNOSTICS.items():
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s AND column_name <> 'values'"
                       " ORDER BY ordinal_position", (table,))
        columns = ", ".join(row[0] for row in cursor)
        cursor.execute(f"CREATE TABLE original.{table} AS SELECT {columns} FROM public.{table} LIMIT 0")
        for k in range(last + 1):
            low, high = k * WIDTH, (k + 1) * WIDTH
            part = f"original.{table}_part_{k:03}"
            cursor.execute(f"CREATE TABLE {part} (CHECK (measurementset_id >= {low} AND measurementset_id < {high})) INHERITS (original.{table});"
                           f"INSERT INTO {part} SELECT {columns} FROM public.{table} WHERE measurementset_id >= {low} AND measurementset_id < {high};"
                           f"ALTER TABLE {part} ADD PRIMARY KEY ({table}_id); CREATE INDEX ON {part} (measurementset_id);"
                           f"CREATE UNIQUE INDEX ON {part} (measurementset_id, {key})")
    cursor.execute("ANALYZE")


def questions(cursor):
    """The statements of the original for each question, as it pasted them together."""
    where = {}
    cursor.execute("SELECT lofar_dataset_beam_product_id FROM public.lofar_dataset_beam_product p JOIN public.lofar_dataset_beam b USING (lofar_dataset_beam_id)"
                   " WHERE lofar_dataset = 'L100003' AND store = 'EoR' AND product_version = 2")
    where["gains"] = cursor.fetchone()[0]
    cursor.execute("SELECT lofar_dataset_beam_product_id FROM public.lofar_dataset_beam_product p JOIN public.lofar_dataset_beam b USING (lofar_dataset_beam_id)"
                   " WHERE lofar_dataset = 'L100003' AND store = 'EoR' AND product_version = 1")
    where["quality"] = cursor.fetchone()[0]
    cursor.execute("SELECT measurementset_id FROM public.measurementset WHERE lofar_dataset_beam_product_id = %s ORDER BY 1 LIMIT 50", (where["gains"],))
    sets = ", ".join(str(row[0]) for row in cursor)
    cursor.execute("SELECT min(measurementset_id) FROM public.measurementset WHERE lofar_dataset_beam_product_id = %s", (where["quality"],))
    one = cursor.fetchone()[0]
    cursor.execute("SELECT min(baseline_id) FROM public.quality_baseline_statistic WHERE measurementset_id = %s", (one,))
    baseline = cursor.fetchone()[0]
    stations = "'CS001HBA0', 'CS001HBA1', 'CS003HBA0'"
    having = (f"(SELECT lofar_dataset FROM public.lofar_dataset_has_station WHERE station IN ({stations}) GROUP BY lofar_dataset"
              " HAVING count(*) = 3) AS with_stations")
    chain = f"{TABLES} WHERE {CHAIN}".replace(" WHERE ", ", {} WHERE ", 1)
    diag = lambda table, condition, extra="": (
        f"SELECT original.{table}.{table}_id, original.ldsb_q.lofar_dataset, original.ms_q.sb_index, original.ms_q.central_frequency FROM "
        + chain.format(f"original.{table}{extra}") + f" AND original.ms_q.measurementset_id = original.{table}.measurementset_id AND {condition}"
        " ORDER BY original.lds_q.initial_mjd, sb_index")
    kind = ", public.quality_kind"
    named = lambda table: f"original.{table}.quality_kind_id = public.quality_kind.quality_kind_id AND public.quality_kind.name = 'Count'"
    return {
        "B1 LDS": "SELECT * FROM original.lds_q ORDER BY initial_mjd",
        "B1 MSP": "SELECT original.msp.*, original.ldsb_q.lofar_dataset, sb_index, central_frequency, store FROM " + chain.format("original.msp")
                  + " AND original.ms_q.measurementset_id = original.msp.measurementset_id ORDER BY sb_index, store",
        "B2": f"SELECT original.lds_q.* FROM original.lds_q, {having} WHERE with_stations.lofar_dataset = original.lds_q.name"
              " AND lds_main_field ~ '^3C' AND lds_duration > 300.0 ORDER BY initial_mjd",
        "B3": "SELECT measurementset_product_id, parent_path, original.msp.name, product_size, store_host, beam_index, central_frequency FROM "
              + chain.format("original.msp") + " AND original.ms_q.measurementset_id = original.msp.measurementset_id"
              " AND original.ldsb_q.lofar_dataset = 'L100003' ORDER BY sb_index, store",
        "B4": diag("gain", f"original.ms_q.measurementset_id IN ({sets})"),
        "B5": diag("quality_frequency_statistic", f"original.ms_q.lofar_dataset_beam_product_id = {where['quality']} AND " + named("quality_frequency_statistic"), kind),
        "B6 MS": diag("quality_baseline_statistic", f"original.ms_q.measurementset_id = {one} AND original.quality_baseline_statistic.baseline_id = {baseline} AND "
                      + named("quality_baseline_statistic"), kind),
        "B6 LDSBP": diag("quality_baseline_statistic", f"original.ms_q.lofar_dataset_beam_product_id = {where['quality']}"
                         f" AND original.quality_baseline_statistic.baseline_id = {baseline} AND " + named("quality_baseline_statistic"), kind),
    }


def shapes(host, name, times):
    cursor = connect(host, name).cursor()
    make(cursor)
    cursor.execute("SET constraint_exclusion = on; SET statement_timeout = '300s'")
    for question, text in questions(cursor).items():
        walls = []
        for k in range(int(times) + 1):
            began = time.perf_counter()
            cursor.execute(text)
            rows = cursor.fetchall()
            if k:
                walls.append(time.perf_counter() - began)
        print(json.dumps({"id": question, "seconds": statistics.median(walls), "rows": len(rows)}), flush=True)


def nested(value, shape):
    """The array as psycopg2 takes it: nested lists of numbers."""
    import struct
    numbers = list(struct.unpack(f"<{len(value) // 8}d", value))
    for axis in reversed(shape[1:]):
        numbers = [numbers[k:k + axis] for k in range(0, len(numbers), axis)]
    return numbers


def rows(host, name, count):
    """As the original loaded: nested lists, a row and a commit each, into its own kind of table."""
    cursor = connect(host, name).cursor()
    cursor.execute("DROP TABLE IF EXISTS loaded; CREATE TABLE loaded (gain_id bigserial PRIMARY KEY, measurementset_id int NOT NULL REFERENCES measurementset,"
                   " station varchar(20) NOT NULL REFERENCES station, direction_ra float8, direction_dec float8, freq_step float8, time_step float8,"
                   " last_check int, values float8[][][][], UNIQUE (measurementset_id, station, direction_ra, direction_dec)); CREATE INDEX ON loaded (measurementset_id)")
    cursor.execute("SELECT measurementset_id, station, direction_ra, direction_dec, freq_step, time_step, last_check, n_time, values FROM gain LIMIT %s", (int(count),))
    prepared = [row[:7] + (nested(bytes(row[8]), (4, 1, row[7], 2)), len(row[8])) for row in cursor.fetchall()]
    began = time.perf_counter()
    for row in prepared:
        cursor.execute("INSERT INTO loaded (measurementset_id, station, direction_ra, direction_dec, freq_step, time_step, last_check, values)"
                       " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", row[:8])
    seconds = time.perf_counter() - began
    print(json.dumps({"id": "rows", "seconds": seconds, "rows": len(prepared), "bytes": sum(row[8] for row in prepared)}))
    cursor.execute("DROP TABLE loaded")


def copy(host, name, observation):
    """The rows of an observation, taken out and put back by one COPY for each table."""
    connection = connect(host, name)
    cursor = connection.cursor()
    cursor.execute("SELECT array_agg(measurementset_id) FROM measurementset m JOIN lofar_dataset_beam_product p USING (lofar_dataset_beam_product_id)"
                   " JOIN lofar_dataset_beam b USING (lofar_dataset_beam_id) WHERE lofar_dataset = %s", (observation,))
    sets = cursor.fetchone()[0]
    among = f"measurementset_id BETWEEN {min(sets)} AND {max(sets)}"
    taken = {}
    for table in DIAGNOSTICS:
        buffer = io.BytesIO()
        cursor.copy_expert(f"COPY (SELECT * FROM {table} WHERE {among}) TO STDOUT (FORMAT binary)", buffer)
        cursor.execute(f"DELETE FROM {table} WHERE {among}")
        taken[table] = buffer
    # As new rows find it: without the remains of the old ones.
    for table in DIAGNOSTICS:
        cursor.execute(f"VACUUM {table}")
    connection.autocommit = False
    amount = 0
    began = time.perf_counter()
    for table, buffer in taken.items():
        amount += buffer.tell()
        buffer.seek(0)
        cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT binary)", buffer)
    connection.commit()
    seconds = time.perf_counter() - began
    print(json.dumps({"id": "copy", "seconds": seconds, "bytes": amount}))


if __name__ == "__main__":
    {"shapes": shapes, "rows": rows, "copy": copy}[sys.argv[1]](*sys.argv[2:])
