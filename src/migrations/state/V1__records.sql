-- One row for each run that had something to do.
CREATE TABLE run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    command text NOT NULL,
    outcome text NOT NULL DEFAULT 'running',
    error text,
    role_name text NOT NULL DEFAULT current_user,
    os_user text,
    host text,
    evt_version text NOT NULL,
    git_commit text,
    backend integer NOT NULL DEFAULT pg_backend_pid()
);

-- One row for each migration that a run worked on.
CREATE TABLE step (
    run bigint NOT NULL REFERENCES run ON DELETE CASCADE,
    position integer NOT NULL,
    migration text NOT NULL,
    checksum text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    outcome text NOT NULL,
    steps integer NOT NULL,
    error text,
    PRIMARY KEY (run, position)
);

-- What the catalog looked like after a run. Whoever may connect may read the catalog itself, and this as well.
CREATE TABLE snapshot (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run bigint REFERENCES run ON DELETE CASCADE,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    history text NOT NULL,
    digest text NOT NULL,
    format integer NOT NULL,
    schemas text[] NOT NULL,
    catalog text NOT NULL
);

GRANT SELECT ON snapshot TO PUBLIC;
