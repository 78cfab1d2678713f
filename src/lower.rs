//! `PslSchema` → `DbSchema`. Pure, and it cannot fail: the mistakes of a person are already diagnostics.
