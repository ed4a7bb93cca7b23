//! A pause that is killed at any request, and run again.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use hcp_core::kube::pause::{pause, unpause};
use hcp_testkit::fake_api::FakeApiServer;
use http::Request;
use kube::client::Body;
use tokio::sync::Notify;
use tower_service::Service;

use super::fixtures::{now, owner, request, target};
use super::{fake, written};

/// A connection on which one request never ends: before the server sees it, or after it took effect.
#[derive(Clone)]
struct Deadly {
    server: FakeApiServer,
    left: Arc<AtomicUsize>,
    takes_effect: bool,
    killed: Arc<Notify>,
}

type Answer = <FakeApiServer as Service<Request<Body>>>::Response;
type Failure = <FakeApiServer as Service<Request<Body>>>::Error;

impl Service<Request<Body>> for Deadly {
    type Response = Answer;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let last = self.left.fetch_sub(1, Ordering::SeqCst) == 1;
        let answer = self.server.call(request);
        let Self { takes_effect, killed, .. } = self.clone();
        Box::pin(async move {
            if !last {
                return answer.await;
            }
            if takes_effect {
                drop(answer.await);
            }
            killed.notify_one();
            std::future::pending().await
        })
    }
}

/// Runs something until the request with this number, counted from 1; whether it came to its end before.
async fn until_request<T>(
    server: &FakeApiServer,
    number: usize,
    takes_effect: bool,
    run: impl AsyncFnOnce(kube::Client) -> T,
) -> bool {
    let killed = Arc::new(Notify::new());
    let left = Arc::new(AtomicUsize::new(number));
    let deadly = Deadly { server: server.clone(), left, takes_effect, killed: Arc::clone(&killed) };
    let client = kube::Client::new(deadly, "default");
    tokio::select! {
        _ = run(client) => true,
        () = killed.notified() => false,
    }
}

/// What everything looks like before, while and after a run that nobody disturbs.
async fn undisturbed() -> [Vec<serde_json::Value>; 2] {
    let (server, _) = fake().await;
    let before = written(&server);
    pause(&server.client(), &target(), &request(), now).await.unwrap();
    [before, written(&server)]
}

#[tokio::test]
async fn killed_at_any_request_it_converges_when_run_again() {
    let [before, paused] = undisturbed().await;
    for takes_effect in [false, true] {
        let mut kills = 0;
        for number in 1.. {
            let (server, _) = fake().await;
            let run = async |client| pause(&client, &target(), &request(), now).await;
            let ended = until_request(&server, number, takes_effect, run).await;
            // Undone right after, or run again and undone: both end where it began.
            let (other, _) = fake().await;
            let run = async |client| pause(&client, &target(), &request(), now).await;
            until_request(&other, number, takes_effect, run).await;
            unpause(&other.client(), &target(), &owner()).await.unwrap();
            assert_eq!(written(&other), before, "undone after request {number}");

            pause(&server.client(), &target(), &request(), now).await.unwrap();
            assert_eq!(written(&server), paused, "again after request {number}");
            unpause(&server.client(), &target(), &owner()).await.unwrap();
            assert_eq!(written(&server), before, "again and undone after request {number}");
            if ended {
                break;
            }
            kills += 1;
        }
        assert!(kills >= 5, "only {kills} requests");
    }
}

#[tokio::test]
async fn an_end_that_is_killed_at_any_request_is_brought_to_its_end() {
    let [before, _] = undisturbed().await;
    for takes_effect in [false, true] {
        for number in 1.. {
            let (server, _) = fake().await;
            pause(&server.client(), &target(), &request(), now).await.unwrap();
            let run = async |client| unpause(&client, &target(), &owner()).await;
            let ended = until_request(&server, number, takes_effect, run).await;
            unpause(&server.client(), &target(), &owner()).await.unwrap();
            assert_eq!(written(&server), before, "after request {number}");
            if ended {
                break;
            }
        }
    }
}
