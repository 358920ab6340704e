-- A small database as the original program makes it: unqualified sequences, parents
-- without keys, partitions by inheritance with one rule each, stamps in local time.
CREATE SEQUENCE baseline_seq MINVALUE 0 START 0;
CREATE SEQUENCE lofar_dataset_beam_seq MINVALUE 0 START 0;
CREATE SEQUENCE lofar_dataset_beam_product_seq MINVALUE 0 START 0;
CREATE SEQUENCE measurementset_seq MINVALUE 0 START 0;
CREATE SEQUENCE measurementset_product_seq MINVALUE 0 START 0;
CREATE SEQUENCE application_run_seq MINVALUE 0 START 0;
CREATE SEQUENCE application_file_seq MINVALUE 0 START 0;
CREATE SEQUENCE gain_seq MINVALUE 0 START 0;
CREATE SEQUENCE quality_kind_seq MINVALUE 1 START 1;
CREATE SEQUENCE quality_time_statistic_seq MINVALUE 0 START 0;
CREATE SEQUENCE quality_frequency_statistic_seq MINVALUE 0 START 0;
CREATE SEQUENCE quality_baseline_statistic_seq MINVALUE 0 START 0;
CREATE SEQUENCE gain_movie_seq MINVALUE 0 START 0;

CREATE TABLE project (name varchar(40) PRIMARY KEY);
CREATE TABLE antenna_type (name varchar(10) PRIMARY KEY);
CREATE TABLE lofar_dataset (name varchar(15) PRIMARY KEY, project varchar(40) REFERENCES project(name),
  antenna_type varchar(10) REFERENCES antenna_type(name), initial_mjd double precision, final_mjd double precision,
  initial_utc varchar(25), final_utc varchar(25));
CREATE TABLE station (name varchar(20) PRIMARY KEY, antenna_type varchar(10) NOT NULL REFERENCES antenna_type(name),
  location_type varchar(2) NOT NULL, position double precision[3] NOT NULL);
CREATE TABLE lofar_dataset_has_station (lofar_dataset varchar(15) REFERENCES lofar_dataset(name),
  station varchar(20) REFERENCES station(name), PRIMARY KEY (lofar_dataset, station));
CREATE TABLE baseline (baseline_id integer PRIMARY KEY DEFAULT nextval('baseline_seq'),
  station_1 varchar(20) REFERENCES station(name), station_2 varchar(20) REFERENCES station(name),
  UNIQUE (station_1, station_2));
CREATE TABLE field (name text PRIMARY KEY);
CREATE TABLE lofar_dataset_beam (lofar_dataset_beam_id integer PRIMARY KEY DEFAULT nextval('lofar_dataset_beam_seq'),
  lofar_dataset varchar(15) NOT NULL REFERENCES lofar_dataset(name), beam_index integer NOT NULL,
  field text REFERENCES field(name), phase_direction_ra double precision, phase_direction_dec double precision,
  UNIQUE (lofar_dataset, beam_index));
CREATE TABLE store (name varchar(20) PRIMARY KEY);
CREATE TABLE lofar_dataset_beam_product (
  lofar_dataset_beam_product_id integer PRIMARY KEY DEFAULT nextval('lofar_dataset_beam_product_seq'),
  lofar_dataset_beam_id integer NOT NULL REFERENCES lofar_dataset_beam, store varchar(20) NOT NULL REFERENCES store(name),
  integration_time double precision NOT NULL, number_channels integer NOT NULL, product_version integer NOT NULL,
  raw boolean NOT NULL, tar boolean NOT NULL, bvf boolean NOT NULL, description text, main_user varchar(20),
  add_date integer, flagged boolean, averaged boolean, calibrated boolean, dir_dep_calibration boolean,
  dir_indep_calibration boolean,
  UNIQUE (lofar_dataset_beam_id, store, integration_time, number_channels, product_version, raw, tar, bvf));
CREATE TABLE measurementset (measurementset_id integer NOT NULL PRIMARY KEY DEFAULT nextval('measurementset_seq'),
  lofar_dataset_beam_product_id integer NOT NULL REFERENCES lofar_dataset_beam_product, sb_index integer NOT NULL,
  central_frequency double precision, bandwidth double precision, UNIQUE (lofar_dataset_beam_product_id, sb_index));
CREATE TABLE store_host (name varchar(20) PRIMARY KEY, requires_update boolean DEFAULT false, usage_monitor text,
  gpu_usage_monitor text, storage_monitor text, net_monitor text);
CREATE TABLE parent_path (name text PRIMARY KEY);
CREATE TABLE measurementset_product (
  measurementset_product_id integer NOT NULL PRIMARY KEY DEFAULT nextval('measurementset_product_seq'),
  measurementset_id integer NOT NULL REFERENCES measurementset, store_host varchar(20) NOT NULL REFERENCES store_host(name),
  parent_path text NOT NULL REFERENCES parent_path(name), name varchar(100) NOT NULL, last_check integer,
  last_modification integer, product_size integer, UNIQUE (store_host, parent_path, name));
CREATE TABLE application_run (application_run_id integer PRIMARY KEY DEFAULT nextval('application_run_seq'),
  lofar_dataset_beam_product_id integer NOT NULL REFERENCES lofar_dataset_beam_product, order_index integer NOT NULL,
  app_name varchar(20), description text, UNIQUE (lofar_dataset_beam_product_id, order_index));
CREATE TABLE application_file (application_file_id integer PRIMARY KEY DEFAULT nextval('application_file_seq'),
  application_run_id integer NOT NULL REFERENCES application_run, file_path text);
CREATE TABLE quality_kind (quality_kind_id integer NOT NULL PRIMARY KEY DEFAULT nextval('quality_kind_seq'),
  name varchar(30) NOT NULL UNIQUE, description text);

CREATE TABLE gain (gain_id integer NOT NULL DEFAULT nextval('gain_seq'), measurementset_id integer NOT NULL,
  station varchar(20) NOT NULL, direction_ra double precision NOT NULL, direction_dec double precision NOT NULL,
  freq_step double precision, time_step double precision, last_check integer, values double precision[][][][]);
CREATE TABLE quality_time_statistic (
  quality_time_statistic_id integer NOT NULL DEFAULT nextval('quality_time_statistic_seq'),
  measurementset_id integer NOT NULL, quality_kind_id integer NOT NULL, freq_step double precision,
  time_step double precision, last_check integer, values double precision[][][][]);
CREATE TABLE quality_frequency_statistic (
  quality_frequency_statistic_id integer NOT NULL DEFAULT nextval('quality_frequency_statistic_seq'),
  measurementset_id integer NOT NULL, quality_kind_id integer NOT NULL, freq_step double precision,
  last_check integer, values double precision[][][]);
CREATE TABLE quality_baseline_statistic (
  quality_baseline_statistic_id bigint NOT NULL DEFAULT nextval('quality_baseline_statistic_seq'),
  measurementset_id integer NOT NULL, quality_kind_id integer NOT NULL, baseline_id integer NOT NULL,
  freq_step double precision, last_check integer, values double precision[][][]);

DO $$
DECLARE parent text; part text; low integer;
BEGIN
  FOREACH parent IN ARRAY ARRAY['gain', 'quality_time_statistic', 'quality_frequency_statistic', 'quality_baseline_statistic'] LOOP
    FOR low IN 0..10 BY 10 LOOP
      part := format('%s_part_%s_%s_%s', parent, lpad((low / 10)::text, 3, '0'), low, low + 10);
      EXECUTE format('CREATE TABLE %I (PRIMARY KEY (%I), CHECK (measurementset_id >= %s AND measurementset_id < %s)) INHERITS (%I)',
        part, parent || '_id', low, low + 10, parent);
      EXECUTE format('ALTER TABLE %I ADD FOREIGN KEY (measurementset_id) REFERENCES measurementset MATCH FULL', part);
      EXECUTE format('CREATE RULE %I AS ON INSERT TO %I WHERE (measurementset_id >= %s AND measurementset_id < %s) DO INSTEAD INSERT INTO %I VALUES (NEW.*)',
        left(parent || '_insert_part_' || low, 60), parent, low, low + 10, part);
    END LOOP;
  END LOOP;
END $$;

CREATE TABLE gain_movie (gain_movie_id integer NOT NULL PRIMARY KEY DEFAULT nextval('gain_movie_seq'), file_path text NOT NULL,
  store_host varchar(20) NOT NULL REFERENCES store_host(name), product_size integer NOT NULL, xaxis varchar(4) NOT NULL,
  jones integer[] NOT NULL, polar boolean NOT NULL, reference_station varchar(20) NOT NULL REFERENCES station(name),
  times integer[3] NOT NULL, channels integer[3] NOT NULL, yrange text NOT NULL, message text, last_check integer,
  UNIQUE (file_path, store_host));
CREATE TABLE gain_movie_has_measurementset (gain_movie_id integer REFERENCES gain_movie,
  measurementset_id integer REFERENCES measurementset, PRIMARY KEY (gain_movie_id, measurementset_id));
CREATE TABLE gain_movie_has_station (gain_movie_id integer REFERENCES gain_movie, station varchar(20) REFERENCES station(name),
  delay double precision, PRIMARY KEY (gain_movie_id, station));
CREATE TABLE measurementset_meta (measurementset_meta_id integer PRIMARY KEY REFERENCES measurementset, ms_has_msp boolean);
CREATE TABLE ms_q AS SELECT * FROM measurementset;

INSERT INTO project VALUES ('LEA128');
INSERT INTO antenna_type VALUES ('HBA'), ('LBA');
INSERT INTO lofar_dataset VALUES ('L80001', 'LEA128', 'HBA', 4838322659.5, 4838324460, '2012/03/27/02:30:59', '2012/03/27/03:01:00');
INSERT INTO station VALUES ('CS001HBA0', 'HBA', 'CS', '{1.5,2.5,3}'), ('DE601HBA', 'HBA', 'IS', '{4,5,6}'), ('cs002', 'HBA', 'CS', '{7,8,9}');
INSERT INTO lofar_dataset_has_station SELECT 'L80001', name FROM station;
-- A collation that puts small letters among the large ones: `cs002` before `DE601HBA`.
INSERT INTO baseline (station_1, station_2) VALUES ('CS001HBA0', 'CS001HBA0'), ('CS001HBA0', 'DE601HBA'), ('cs002', 'DE601HBA');
INSERT INTO field VALUES ('NCP');
INSERT INTO lofar_dataset_beam (lofar_dataset, beam_index, field, phase_direction_ra, phase_direction_dec) VALUES ('L80001', 0, 'NCP', 12.5, 90), ('L80001', 1, NULL, NULL, NULL);
INSERT INTO store VALUES ('EoR'), ('SARA');
-- The second differs from the first by less than a microsecond; the third was never read.
INSERT INTO lofar_dataset_beam_product (lofar_dataset_beam_id, store, integration_time, number_channels, product_version, raw, tar, bvf, description, add_date, flagged)
VALUES (0, 'EoR', 2.00278, 64, 0, true, false, false, '64 2', 1332500000, true),
       (0, 'EoR', 2.0027800001, 64, 0, true, false, false, '64 2', 1332500001, true),
       (1, 'SARA', -3, -3, 1, false, true, false, 'UNKNOWN', 1332500002, NULL);
-- Sets 0 to 2 of the first product; 3 and 4 of its double, 3 a double itself; 12 in the second partition.
INSERT INTO measurementset VALUES (0, 0, 0, 115, 0.195), (1, 0, 1, 115.2, 0.195), (2, 0, 2, 115.4, 0.195), (3, 1, 1, 115.2, 0.195), (4, 1, 7, 116, 0.195), (12, 2, 0, NULL, NULL);
SELECT setval('measurementset_seq', 24);
INSERT INTO store_host (name, requires_update, usage_monitor) VALUES ('node011', true, 'busy'), ('SARA', false, NULL);
INSERT INTO parent_path VALUES ('/data1/users/lofareor/L80001');
INSERT INTO measurementset_product (measurementset_id, store_host, parent_path, name, last_check, last_modification, product_size)
VALUES (0, 'node011', '/data1/users/lofareor/L80001', 'SB000.MS', 1358251200, 1373889600, 100),
       (3, 'node011', '/data1/users/lofareor/L80001', 'SB001.MS', 1358251200, 1358251200, 101),
       (12, 'SARA', '/data1/users/lofareor/L80001', 'SB000.tar', NULL, NULL, -1);
INSERT INTO application_run (lofar_dataset_beam_product_id, order_index, app_name) VALUES (0, 0, 'NDPPP'), (1, 0, 'NDPPP'), (1, 1, 'BBS');
INSERT INTO application_file (application_run_id, file_path) VALUES (0, '/p/a'), (1, '/p/b'), (2, '/p/c');
INSERT INTO quality_kind (name) VALUES ('Count'), ('DSum');

-- One channel, two times. The rules bring each into its partition.
INSERT INTO gain (measurementset_id, station, direction_ra, direction_dec, freq_step, time_step, last_check, values)
SELECT m, s, -1, -1, 195312.5, 10, 1358251200, ARRAY[[[[m,1],[m,2]]],[[[m,3],[m,4]]],[[[m,5],[m,6]]],[[[-1000,-1000],[-1000,-1000]]]]
FROM unnest(ARRAY[0, 1, 3, 4, 12]) m, unnest(ARRAY['CS001HBA0', 'DE601HBA']) s;
-- Beyond all partitions: in the parent alone. Of set 1 an older double, and a set that is no more.
INSERT INTO measurementset VALUES (23, 2, 3, NULL, NULL);
INSERT INTO gain (measurementset_id, station, direction_ra, direction_dec, last_check, values)
VALUES (23, 'DE601HBA', 10, 20, 1373889600, ARRAY[[[[9,1]]],[[[9,2]]],[[[9,3]]],[[[9,4]]]]),
       (99, 'DE601HBA', -1, -1, 1358251200, ARRAY[[[[9,1]]],[[[9,2]]],[[[9,3]]],[[[9,4]]]]),
       (24, 'XX', -1, -1, 1358251200, NULL);
ALTER TABLE gain DISABLE RULE gain_insert_part_0;
INSERT INTO gain (measurementset_id, station, direction_ra, direction_dec, last_check, values)
VALUES (0, 'CS001HBA0', -1, -1, 1358250000, ARRAY[[[[7,1]]],[[[7,2]]],[[[7,3]]],[[[7,4]]]]),
       (2, 'XX', -1, -1, 1358250000, ARRAY[[[[7,1]]],[[[7,2]]],[[[7,3]]],[[[7,4]]]]),
       (2, 'DE601HBA', -1, -1, 1358250000, ARRAY[[[[7,1]]],[[[7,2]]],[[[7,3]]]]);
INSERT INTO quality_time_statistic (measurementset_id, quality_kind_id, freq_step, time_step, last_check, values)
VALUES (0, 1, 195312.5, 2, 1358251200, ARRAY[[[[1,0],[2,0]]],[[[3,0],[4,0]]]]);
INSERT INTO quality_frequency_statistic (measurementset_id, quality_kind_id, freq_step, last_check, values)
VALUES (0, 1, 3051.75, 1358251200, ARRAY[[[1,0]],[[2,0]],[[3,0]],[[4,0]]]), (0, 2, 3051.75, 1358251200, ARRAY[[[5,6]]]);
INSERT INTO quality_baseline_statistic (measurementset_id, quality_kind_id, baseline_id, freq_step, last_check, values)
SELECT 0, 2, b, 195312.5, 1358251200, ARRAY[[[b,1]],[[b,2]],[[b,3]],[[-1000,-1000]]] FROM unnest(ARRAY[0, 1, 2, 55]) b;
INSERT INTO gain_movie (file_path, store_host, product_size, xaxis, jones, polar, reference_station, times, channels, yrange, last_check)
VALUES ('/m/1.mp4', 'node011', 3, 'time', '{0,3}', true, 'CS001HBA0', '{0,-1,1}', '{0,-1,1}', '[0,1]', 1358251200);
INSERT INTO gain_movie_has_measurementset VALUES (0, 1), (0, 3);
INSERT INTO gain_movie_has_station VALUES (0, 'DE601HBA', 0.5);
