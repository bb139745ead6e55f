#[test]
fn futures_go_between_threads() {
    fn send<T: Send>(_: T) {}
    type Actions =
        crate::platform::docker::actions::Actions<crate::platform::docker::engine::Engine>;
    let _ = |a: &Actions, c| send(a.carry(c));
    let _ = |a: &Actions, q| send(a.preview(q));
}
