//! The server as a `tower::Service`: bodies in, bodies out, and what goes wrong between.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use kube::client::Body;
use serde_json::Value;
use tower_service::Service;

use super::FakeApiServer;
use super::faults::{Effect, WatchFault};
use super::log::{LoggedRequest, Outcome};
use super::request::ApiRequest;
use super::shared::Shared;
use super::status::ApiError;
use super::world::Reply;

/// The body of an answer.
type ReplyBody = UnsyncBoxBody<Bytes, io::Error>;

impl Service<Request<Body>> for FakeApiServer {
    type Response = Response<ReplyBody>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            answer(&shared, &head, body).await
        })
    }
}

async fn answer(
    shared: &Arc<Shared>,
    head: &Parts,
    body: Bytes,
) -> io::Result<Response<ReplyBody>> {
    let number = log(shared, head, &body);
    let request = match ApiRequest::read(head, body) {
        Ok(request) => request,
        Err(error) => return Ok(conclude(shared, number, Err(error), None)),
    };
    if let Some(logged) = shared.requests().get_mut(number) {
        logged.verb = Some(request.verb);
    }
    let verdict = shared.verdict(&request, number);
    if !verdict.delay.is_zero() {
        tokio::time::sleep(verdict.delay).await;
    }
    let effect = verdict.effect;
    let refusal = effect.as_ref().and_then(|effect| effect.refusal(|| shared.modified(&request)));
    let reply = match (&effect, refusal) {
        (_, Some(refusal)) => Err(refusal),
        (Some(Effect::DropBefore), _) => {
            shared.conclude(number, Outcome::Dropped);
            return Err(lost("before the request was acted on"));
        }
        (Some(Effect::CutAfter), _) => {
            // Whether it was refused is what the client does not learn.
            drop(shared.handle(&request));
            shared.conclude(number, Outcome::CutAfter);
            return Err(lost("after the request took effect"));
        }
        (Some(Effect::StaleRead(revision)), _) => shared.handle_stale(&request, *revision),
        _ => shared.handle(&request),
    };
    let fault = effect.as_ref().and_then(Effect::on_watch);
    Ok(conclude(shared, number, reply, fault))
}

fn log(shared: &Shared, head: &Parts, body: &Bytes) -> usize {
    let mut requests = shared.requests();
    requests.push(LoggedRequest::new(head, body));
    requests.len() - 1
}

fn conclude(
    shared: &Arc<Shared>,
    number: usize,
    reply: Result<Reply, ApiError>,
    fault: Option<WatchFault>,
) -> Response<ReplyBody> {
    let response = match reply {
        Ok(Reply::Json(code, body)) => json(code, &body),
        Ok(Reply::Text(code, text)) => whole(code, "text/plain; charset=utf-8", text),
        Ok(Reply::Watch(watch)) => {
            let stream = watch.stream(Arc::clone(shared), fault);
            respond(200, "application/json", StreamBody::new(stream).boxed_unsync())
        }
        Err(error) => refuse(&error),
    };
    shared.conclude(number, Outcome::Answered(response.status().as_u16()));
    response
}

fn refuse(error: &ApiError) -> Response<ReplyBody> {
    let mut response = json(error.code(), &error.body());
    if let Some(seconds) = error.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn json(code: u16, body: &Value) -> Response<ReplyBody> {
    whole(code, "application/json", body.to_string())
}

fn whole(code: u16, content_type: &'static str, body: String) -> Response<ReplyBody> {
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync();
    respond(code, content_type, body)
}

fn respond(code: u16, content_type: &'static str, body: ReplyBody) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    // Codes come from the constants of the http crate.
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or_default();
    let content_type = header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

fn lost(when: &str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, format!("the connection was lost {when}"))
}
