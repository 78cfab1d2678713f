//! Change → finding: what loses data, what cannot run, and which count would settle it.
