//! `DbSchema` × `DbSchema` → changes. Pure.
