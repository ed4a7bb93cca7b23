//! Waiting for what nobody announces.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::TestkitError;
use crate::client::POLL;

/// Asks until there is an answer: for tests of what controllers do in their own time.
///
/// # Errors
/// [`TestkitError::NotReady`] with `what` if there is none after `patience`.
pub async fn eventually<T>(
    what: &str,
    patience: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> Result<T, TestkitError> {
    let asked = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            sleep(POLL).await;
        }
    };
    let answer = timeout(patience, asked).await;
    answer.map_err(|_| TestkitError::not_ready(what, patience, "still waiting"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_answer_counts_and_none_at_all_is_an_error() {
        let mut asked = 0;
        let answer = eventually("three", Duration::from_secs(60), async || {
            asked += 1;
            (asked == 3).then_some(asked)
        });
        assert_eq!(answer.await.unwrap(), 3);
        let none = eventually("nothing", Duration::ZERO, async || None::<()>).await;
        assert_eq!(none.unwrap_err().to_string(), "nothing is not ready after 0 s: still waiting");
    }
}
