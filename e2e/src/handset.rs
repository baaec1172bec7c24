//! A driver's phone: the app at `/driver` in headless Chromium.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};

use crate::node::{PublishedClient, chromium, node_clients};

/// A phone with the app's page. It is touched by what it shows: names of buttons, labels of fields.
#[derive(Debug)]
pub struct Handset {
    client: PublishedClient,
}

impl Handset {
    /// A phone that nobody has used, for the app of that server; `Err` says in one line why there is none.
    pub fn new(server: SocketAddr) -> Result<Handset, String> {
        let folder = node_clients()?;
        chromium()?;
        let client = PublishedClient::start(&folder, "handset.cjs", &[&format!("http://{server}")]);
        let mut phone = Handset { client };
        phone.order(json!({"order": "start"}));
        Ok(phone)
    }

    #[track_caller]
    fn order(&mut self, order: Value) -> Value {
        self.client.order(&order);
        let answer = self.client.until(&format!("the end of {order}"), |line| line["callback"] != "message");
        assert_eq!(answer["callback"], "done", "{order}: {}\nthe screen:\n{}", answer["reason"], screen(&answer));
        answer["value"].clone()
    }

    /// Goes to a path of the server.
    #[track_caller]
    pub fn open(&mut self, path: &str) {
        self.order(json!({"order": "open", "at": path}));
    }

    /// Starts the page anew.
    #[track_caller]
    pub fn reload(&mut self) {
        self.order(json!({"order": "reload"}));
    }

    /// Opens the app in another tab, which is the one in hand from now on.
    #[track_caller]
    pub fn another_tab(&mut self, path: &str) {
        self.order(json!({"order": "tab"}));
        self.open(path);
    }

    /// Freezes the tab in hand, as a phone's system does with one that nobody looks at.
    #[track_caller]
    pub fn freeze_tab(&mut self) {
        self.order(json!({"order": "freeze"}));
    }

    /// Closes the tab in hand.
    #[track_caller]
    pub fn close_tab(&mut self) {
        self.order(json!({"order": "close"}));
    }

    /// `kill -9` of the browser.
    #[track_caller]
    pub fn kill(&mut self) {
        self.order(json!({"order": "kill"}));
    }

    /// Starts the browser again, with what it has kept, on an empty page.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.order(json!({"order": "start"}));
    }

    /// Waits until the app could start without a network.
    #[track_caller]
    pub fn keeps_the_app(&mut self) {
        self.order(json!({"order": "kept"}));
    }

    /// Takes its network away, or gives it back.
    #[track_caller]
    pub fn offline(&mut self, is: bool) {
        self.order(json!({"order": "offline", "is": is}));
    }

    /// Touches the button with this name.
    #[track_caller]
    pub fn tap(&mut self, name: &str) {
        self.order(json!({"order": "tap", "name": name}));
    }

    /// Touches the button with this name within what the selector names.
    #[track_caller]
    pub fn tap_within(&mut self, within: &str, name: &str) {
        self.order(json!({"order": "tap", "within": within, "name": name}));
    }

    /// Touches what has this role and a name that begins so.
    #[track_caller]
    pub fn tap_a(&mut self, role: &str, name: &str) {
        self.order(json!({"order": "tap", "role": role, "name": name}));
    }

    /// Writes into the field with this label.
    #[track_caller]
    pub fn write(&mut self, label: &str, text: &str) {
        self.order(json!({"order": "write", "name": label, "text": text}));
    }

    /// Has the field with this label hold a text that was cut within a character.
    #[track_caller]
    pub fn write_half(&mut self, label: &str, text: &str) {
        self.order(json!({"order": "writeHalf", "name": label, "text": text}));
    }

    /// What is in the field with this label.
    #[track_caller]
    pub fn reads(&mut self, label: &str) -> String {
        self.order(json!({"order": "reads", "name": label})).as_str().expect("a text").to_owned()
    }

    /// Waits until this text is shown within what the selector names.
    #[track_caller]
    pub fn sees(&mut self, within: &str, text: &str) {
        self.order(json!({"order": "sees", "within": within, "text": text}));
    }

    /// Waits until so many elements are there.
    #[track_caller]
    pub fn counts(&mut self, selector: &str, count: usize) {
        self.order(json!({"order": "counts", "selector": selector, "count": count}));
    }

    /// The texts of the elements that are there now.
    #[track_caller]
    pub fn texts(&mut self, selector: &str) -> Vec<String> {
        let texts = self.order(json!({"order": "texts", "selector": selector}));
        texts.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
    }

    /// Takes a photo of some megabytes for the field with this label.
    #[track_caller]
    pub fn photograph(&mut self, label: &str) {
        self.order(json!({"order": "photo", "name": label}));
    }

    /// Signs in the field with this label.
    #[track_caller]
    pub fn sign(&mut self, label: &str) {
        self.order(json!({"order": "sign", "name": label}));
    }

    /// Lets the app know its position, which is this.
    #[track_caller]
    pub fn is_at(&mut self, lat: f64, lng: f64) {
        self.order(json!({"order": "place", "lat": lat, "lng": lng}));
    }

    /// Shows the page with these colours and in this size, in pixels.
    #[track_caller]
    pub fn look(&mut self, dark: bool, width: u32, height: u32) {
        self.order(json!({"order": "look", "dark": dark, "width": width, "height": height}));
    }

    /// What is too small, too faint or without a name on the page as it is shown.
    #[track_caller]
    pub fn audit(&mut self) -> Vec<Value> {
        self.order(json!({"order": "audit"})).as_array().cloned().expect("a list")
    }

    /// Writes a picture of the screen.
    #[track_caller]
    pub fn picture(&mut self, file: &Path) {
        self.order(json!({"order": "picture", "file": file}));
    }

    /// Errors of the pages, and what the browser forbade them.
    #[track_caller]
    pub fn troubles(&mut self) -> Vec<Value> {
        self.order(json!({"order": "troubles"})).as_array().cloned().expect("a list")
    }
}

fn screen(answer: &Value) -> &str {
    answer["screen"].as_str().unwrap_or_default()
}
