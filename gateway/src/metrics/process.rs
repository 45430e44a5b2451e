//! What the process itself uses, as `/proc` tells it; nothing where there is none.

use super::Page;

pub(super) fn add(page: &mut Page) {
    if let Some(bytes) = resident_bytes() {
        let name = "process_resident_memory_bytes";
        page.family(name, "gauge", "Resident memory.");
        page.sample(name, &[], bytes);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        page.family("process_open_fds", "gauge", "Open file descriptors.");
        page.sample("process_open_fds", &[], files.count());
    }
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_and_files_are_told() {
        let mut page = Page::default();
        add(&mut page);
        assert!(page.text.contains("process_resident_memory_bytes"));
        assert!(page.text.contains("process_open_fds"));
    }
}
