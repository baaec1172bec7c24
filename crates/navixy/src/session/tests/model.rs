//! Random users, trackers, rights, blocks, reports, subscriptions and clock steps, against a small naive model: what
//! each client saw must equal what the model says.
//!
//! The model shares nothing with what it judges. It has no slots, versions, fragments or limits: a connection is a list
//! of what happened, a state is worked out from the reports.

mod client;
mod fleet;
mod frames;
mod ops;
mod run;
mod source;
mod talk;

use proptest::prelude::*;

use ops::ops;
use run::Run;

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 400, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn clients_see_what_the_model_says(ops in ops()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let stage = Run::stage().await;
            let mut run = Run::new(&stage).await;
            for op in &ops {
                run.apply(op).await;
            }
            run.finish().await;
        });
    }
}
