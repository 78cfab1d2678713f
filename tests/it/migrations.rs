//! The migrations room on a real server.

use evt::db::lock::{self, LockError};
use libtest_mimic::Trial;

use crate::server::live;

pub(crate) fn tests() -> Vec<Trial> {
    vec![live("lock: a second run waits, is refused and learns who holds it", |database| async move {
        let mut first = database.connect().await;
        lock::acquire(&mut first, 1000).await.expect("a free lock");
        let mut second = database.connect().await;
        let refused = lock::acquire(&mut second, 20).await;
        let Err(LockError::Timeout { holder: Some(holder), .. }) = refused else {
            panic!("expected a refusal that names the holder, got {refused:?}");
        };
        assert!(holder.pid.parse::<u32>().is_ok(), "{holder:?}");
        lock::release(&mut first).await.expect("release");
        lock::acquire(&mut second, 1000).await.expect("the lock is free again");
    })]
}
