//! The peer that uses Tauri. What it says to the runner is described in
//! ../../protocol/protocol.go.
use std::io::BufRead;
use std::sync::Mutex;
use std::time::Instant;

use tauri::ipc::{Channel, InvokeBody, Request, Response};
use tauri::{AppHandle, Emitter, Manager, State, WebviewUrl, WebviewWindowBuilder};

/// What the commands share.
#[derive(Default)]
struct Program {
    stamps: Mutex<(Option<Instant>, Vec<f64>)>,
    data: Mutex<std::collections::HashMap<usize, std::sync::Arc<Vec<u8>>>>,
    once: bool,
}

impl Program {
    /// Bytes as the page makes them too: xorshift32, from 1.
    fn pattern(&self, size: usize) -> std::sync::Arc<Vec<u8>> {
        self.data
            .lock()
            .unwrap()
            .entry(size)
            .or_insert_with(|| {
                let mut bytes = Vec::with_capacity(size);
                let mut x = 1u32;
                for _ in 0..size / 4 {
                    x ^= x << 13;
                    x ^= x >> 17;
                    x ^= x << 5;
                    bytes.extend_from_slice(&x.to_le_bytes());
                }
                bytes.into()
            })
            .clone()
    }
}

fn event(i: usize) -> String {
    format!("{:08}{}", i, "x".repeat(92))
}

#[tauri::command]
fn echo(text: String, program: State<Program>) -> String {
    let now = Instant::now();
    let mut stamps = program.stamps.lock().unwrap();
    if let Some(last) = stamps.0 {
        stamps.1.push((now - last).as_nanos() as f64 / 1e3);
    }
    stamps.0 = Some(now);
    text
}

#[tauri::command]
fn tell(what: String, text: String, app: AppHandle, program: State<Program>) {
    if what == "ready" && program.once {
        app.exit(0);
        return;
    }
    println!("{}", format!("{what} {text}").trim());
}

#[tauri::command(async)]
fn take(request: Request, program: State<Program>) -> Result<usize, String> {
    match request.body() {
        InvokeBody::Raw(bytes) if **bytes == program.pattern(bytes.len())[..] => Ok(bytes.len()),
        _ => Err("other bytes".into()),
    }
}

#[tauri::command(async)]
fn give(size: usize, program: State<Program>) -> Result<Response, String> {
    Ok(Response::new(program.pattern(size).to_vec()))
}

#[tauri::command(async)]
fn flood(n: usize, app: AppHandle) -> Result<(), String> {
    (0..n).try_for_each(|i| app.emit("count", event(i)).map_err(|e| e.to_string()))
}

#[tauri::command(async)]
fn pour(n: usize, channel: Channel<String>) -> Result<(), String> {
    (0..n).try_for_each(|i| channel.send(event(i)).map_err(|e| e.to_string()))
}

/// Reads what the runner wants until it wants no more.
fn serve(app: AppHandle) {
    let mut windows = 1;
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match line.split_once(' ').unwrap_or((line.as_str(), "")) {
            ("job", text) => app.emit("job", text).unwrap(),
            ("times", _) => {
                let program = app.state::<Program>();
                let (_, times) = std::mem::take(&mut *program.stamps.lock().unwrap());
                println!("times {}", serde_json::to_string(&times).unwrap());
            }
            ("window", _) => {
                let label = format!("w{windows}");
                windows += 1;
                WebviewWindowBuilder::new(&app, label, WebviewUrl::App("more.html".into()))
                    .title("peer")
                    .inner_size(600.0, 400.0)
                    .build()
                    .unwrap();
            }
            _ => break,
        }
    }
    app.exit(0);
}

fn main() {
    let once = std::env::args().nth(1).as_deref() == Some("once");
    tauri::Builder::default()
        .manage(Program { once, ..Default::default() })
        .invoke_handler(tauri::generate_handler![echo, tell, take, give, flood, pour])
        .setup(|app| {
            let handle = app.handle().clone();
            std::thread::spawn(move || serve(handle));
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("tauri");
}
