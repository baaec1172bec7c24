//! The one route table: exact paths first, then the longest prefix.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::{Handler, SocketFactory};

/// What a path offers: answers, a socket, or both.
#[derive(Clone, Default)]
pub struct Endpoint {
    /// Answers plain requests.
    pub http: Option<Arc<dyn Handler>>,
    /// Takes upgrades.
    pub socket: Option<Arc<dyn SocketFactory>>,
}

/// Two registrations of one path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RouteError {
    /// The path.
    pub path: String,
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the path {} is registered twice", self.path)
    }
}

impl std::error::Error for RouteError {}

/// Which path leads where. A path with a trailing `/` is the same as the one without.
#[derive(Clone, Default)]
pub struct Routes {
    exact: HashMap<String, Endpoint>,
    /// Longest first.
    prefixes: Vec<(String, Endpoint)>,
}

impl Routes {
    /// Nothing registered.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leads exactly this path to `endpoint`.
    pub fn exact(&mut self, path: &str, endpoint: Endpoint) -> Result<(), RouteError> {
        let path = trimmed(path);
        match self.exact.insert(path.to_owned(), endpoint) {
            None => Ok(()),
            Some(_) => Err(RouteError { path: path.to_owned() }),
        }
    }

    /// Leads everything below this path to `endpoint`, unless something longer or exact matches. `""` matches all.
    pub fn below(&mut self, prefix: &str, endpoint: Endpoint) -> Result<(), RouteError> {
        let prefix = trimmed(prefix);
        if self.prefixes.iter().any(|(p, _)| p == prefix) {
            return Err(RouteError { path: prefix.to_owned() });
        }
        self.prefixes.push((prefix.to_owned(), endpoint));
        self.prefixes.sort_by_key(|(p, _)| std::cmp::Reverse(p.len()));
        Ok(())
    }

    /// Where this path leads.
    pub fn find(&self, path: &str) -> Option<&Endpoint> {
        let path = trimmed(path);
        self.exact.get(path).or_else(|| {
            let below = |prefix: &str| path.strip_prefix(prefix).is_some_and(|r| r.is_empty() || r.starts_with('/'));
            self.prefixes.iter().find(|(prefix, _)| below(prefix)).map(|(_, endpoint)| endpoint)
        })
    }
}

/// Without the trailing `/`.
fn trimmed(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Call, CallFuture};

    struct Named(&'static str);

    impl Handler for Named {
        fn call(&self, _: Call) -> CallFuture<'_> {
            Box::pin(async { Answer::text(http::StatusCode::OK, self.0) })
        }
    }

    fn to(name: &'static str) -> Endpoint {
        Endpoint { http: Some(Arc::new(Named(name))), socket: None }
    }

    fn call(path: &str) -> Call {
        Call {
            method: http::Method::GET,
            path: path.to_owned(),
            query: String::new(),
            headers: http::HeaderMap::new(),
            body: Ok(bytes::Bytes::new()),
            peer: std::net::IpAddr::from([127, 0, 0, 1]),
        }
    }

    #[tokio::test]
    async fn exact_beats_the_longest_prefix_beats_the_shorter() {
        let mut routes = Routes::new();
        routes.exact("/v2/event/subscription", to("socket")).expect("new");
        routes.below("/v2", to("v2")).expect("new");
        routes.below("", to("root")).expect("new");
        for (path, expected) in [
            ("/v2/event/subscription", "socket"),
            ("/v2/event/subscription/", "socket"),
            ("/v2/event", "v2"),
            ("/v2", "v2"),
            ("/v22/event", "root"),
            ("/", "root"),
        ] {
            let handler = routes.find(path).and_then(|e| e.http.clone()).expect(path);
            assert_eq!(handler.call(call(path)).await.body.as_bytes(), expected.as_bytes(), "{path}");
        }
    }

    #[test]
    fn a_path_has_one_owner() {
        let mut routes = Routes::new();
        routes.exact("/healthz", to("a")).expect("new");
        assert_eq!(routes.exact("/healthz/", to("b")), Err(RouteError { path: "/healthz".to_owned() }));
    }
}
