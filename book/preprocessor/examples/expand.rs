//! tmp
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let r = book_machine::repository::Repository::new(&a[1]);
    let p = book_machine::page::Page::read(&r, &a[2]).unwrap();
    println!("{}", p.render(&r, book_machine::render::Format::Markdown));
    for x in &p.problems {
        println!("PROBLEM {x}");
    }
    println!("{:?}", p.figures);
}
