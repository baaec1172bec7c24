//! The files of the driver's app, built into the binary.

use std::sync::LazyLock;

/// A file that browsers fetch.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Its name below `/driver/`; the page itself is `index.html`, answered at `/driver`.
    pub name: &'static str,
    /// Its `Content-Type`.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// The service worker, which is told the version and the names of all others.
pub(crate) const WORKER: &str = "sw.js";
/// The page.
pub(crate) const PAGE: &str = "index.html";

macro_rules! assets {
    ($($media_type:literal: $($name:literal)*;)*) => {
        &[$($(Asset {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../app/", $name)),
        },)*)*]
    };
}

/// All of them as they lie in the folder `app`.
const FILES: &[Asset] = assets! {
    "text/html; charset=utf-8": "index.html";
    "text/css; charset=utf-8": "app.css";
    "text/javascript; charset=utf-8":
        "app.js" "bus.js" "connection.js" "dom.js" "fields.js" "install.js" "leader.js" "link.js" "page-forms.js" "page-home.js"
        "page-messages.js" "page-pair.js" "page-services.js" "page-settings.js" "photo.js" "points.js" "prefs.js"
        "signal.js" "signature.js" "state.js" "store.js" "sw.js" "upload.js" "words.js";
    "application/json": "words-de.json" "words-en.json";
    "application/manifest+json": "manifest.webmanifest";
    "image/svg+xml": "icon.svg";
    "image/png": "icon-192.png" "icon-512.png" "icon-maskable-512.png";
};

/// The service worker with what it is told in place.
static WORKER_BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let file = FILES.iter().find(|file| file.name == WORKER);
    let text = String::from_utf8_lossy(file.map_or(&[], |file| file.bytes));
    text.replace("@VERSION@", version()).replace("@SHELL@", &shell()).into_bytes()
});

static VERSION: LazyLock<String> = LazyLock::new(|| {
    // FNV-1a: it must only change when a file does.
    let bytes = FILES.iter().flat_map(|file| file.name.bytes().chain(file.bytes.iter().copied()));
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
});

/// Changes whenever any file does; fit for an `ETag`.
pub(crate) fn version() -> &'static str {
    &VERSION
}

/// The file with this name below `/driver/`, with the bytes to be sent.
pub(crate) fn find(name: &str) -> Option<(&'static Asset, &'static [u8])> {
    let file = FILES.iter().find(|file| file.name == name)?;
    let bytes = if file.name == WORKER { WORKER_BYTES.as_slice() } else { file.bytes };
    Some((file, bytes))
}

/// The names of all, for the routes.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|file| file.name)
}

/// Paths of what the app needs to start without a network.
fn shell() -> String {
    let others = names().filter(|name| *name != PAGE && *name != WORKER).map(|name| format!("/driver/{name}"));
    std::iter::once("/driver".to_owned()).chain(others).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Bytes of the whole app without its icons: it must come over a poor line.
    const APP_BYTES_MAX: usize = 120 * 1024;

    #[test]
    fn every_file_of_the_folder_is_served_and_no_other() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("app");
        let entries = std::fs::read_dir(folder).expect("the folder of the app");
        let there: BTreeSet<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        assert_eq!(names().map(str::to_owned).collect::<BTreeSet<_>>(), there);
    }

    #[test]
    fn the_app_is_small() {
        let bytes: usize =
            FILES.iter().filter(|file| file.media_type != "image/png").map(|file| file.bytes.len()).sum();
        assert!(bytes <= APP_BYTES_MAX, "{bytes} bytes");
    }

    #[test]
    fn the_service_worker_knows_the_version_and_the_shell() {
        let (_, bytes) = find(WORKER).expect("the service worker");
        let text = std::str::from_utf8(bytes).expect("text");
        assert!(text.contains(version()) && !text.contains("@VERSION@") && !text.contains("@SHELL@"), "{text}");
        assert!(text.contains("'/driver /driver/app.css /driver/app.js "), "{text}");
        assert!(!shell().contains(WORKER), "it would keep its own successor away");
        assert!(find("../Cargo.toml").is_none());
    }

    /// What stands between quotes after each `before` of the app's modules, with the module's name.
    fn quoted(before: &str) -> Vec<(&'static str, &'static str)> {
        let modules = FILES.iter().filter(|file| file.name.ends_with(".js") && file.name != WORKER);
        let texts = modules.map(|file| (file.name, std::str::from_utf8(file.bytes).expect("text")));
        let found = texts.flat_map(|(name, text)| {
            let places = text.match_indices(before).map(|(at, _)| at);
            // The end of a longer name is another function.
            let places = places.filter(|at| !text[..*at].ends_with(|before: char| before.is_ascii_alphanumeric()));
            places.map(move |at| (name, text[at + before.len()..].split('\'').next().unwrap_or_default()))
        });
        found.collect()
    }

    #[test]
    fn every_module_that_is_imported_exists() {
        let imports = quoted("from './");
        assert!(imports.len() > 40, "{}", imports.len());
        for (module, name) in imports {
            assert!(find(name).is_some(), "{module} imports {name}");
        }
    }

    #[test]
    fn every_word_that_is_said_exists() {
        let said = quoted("t('");
        assert!(said.len() > 60, "{}", said.len());
        for (module, key) in said {
            assert!(has_words(key), "{module} says {key}");
        }
    }

    /// Whether all languages have it, alone or in its numbered forms.
    fn has_words(key: &str) -> bool {
        FILES.iter().filter(|file| file.name.starts_with("words-") && file.media_type == "application/json").all(
            |file| {
                let text = std::str::from_utf8(file.bytes).expect("text");
                text.contains(&format!("\"{key}\":")) || text.contains(&format!("\"{key}_other\":"))
            },
        )
    }

    #[test]
    fn the_languages_have_the_same_words() {
        let keys = |name| {
            let (_, bytes) = find(name).expect("a file of words");
            let text = std::str::from_utf8(bytes).expect("text");
            let keys = text.lines().filter_map(|line| line.trim().split_once("\":")).map(|(key, _)| key.to_owned());
            keys.collect::<BTreeSet<_>>()
        };
        assert!(keys("words-en.json").len() > 100);
        assert_eq!(keys("words-en.json"), keys("words-de.json"));
    }
}
