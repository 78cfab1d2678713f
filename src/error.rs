//! The table into which every room maps its errors: codes, hints, exit statuses.
