//! The public API of the crates that are published, as lists that are checked in: what a change adds
//! to it or takes away is seen in the diff.

#![expect(clippy::wildcard_enum_match_arm, reason = "of syn's many kinds few are listed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{Attribute, Fields, ImplItem, Item, TraitItem, Type, Visibility};

/// Folders of the published crates.
const PUBLISHED: [&str; 3] = ["units", "patterns", "patterns-tower"];

/// Writes the lists.
///
/// # Errors
/// Says which file cannot be read, parsed or written.
pub(crate) fn write(root: &Path) -> Result<(), String> {
    for name in PUBLISHED {
        let path = list_of(root, name);
        fs::write(&path, api(root, name)?).map_err(|error| format!("{path:?}: {error}"))?;
    }
    Ok(())
}

/// Compares the lists with the sources.
///
/// # Errors
/// Says which file cannot be read or parsed.
pub(crate) fn check(root: &Path, found: &mut Vec<String>) -> Result<(), String> {
    for name in PUBLISHED {
        let now = api(root, name)?;
        let before = fs::read_to_string(list_of(root, name)).unwrap_or_default();
        let (now, before): (BTreeSet<&str>, BTreeSet<&str>) =
            (now.lines().collect(), before.lines().collect());
        let gone = before.difference(&now).map(|line| format!("gone: {line}"));
        let new = now.difference(&before).map(|line| format!("new: {line}"));
        let place = format!("crates/{name}/public-api.txt (`cargo xtask api` writes it anew)");
        found.extend(gone.chain(new).take(10).map(|change| format!("{place}: {change}")));
    }
    Ok(())
}

fn list_of(root: &Path, name: &str) -> PathBuf {
    root.join("crates").join(name).join("public-api.txt")
}

/// Returns the sorted list of what a crate makes public.
fn api(root: &Path, name: &str) -> Result<String, String> {
    let source = root.join("crates").join(name).join("src");
    let mut files = Vec::new();
    collect(&source, &mut files)?;
    let mut parsed = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).map_err(|error| format!("{file:?}: {error}"))?;
        let syntax = syn::parse_file(&text).map_err(|error| format!("{file:?}: {error}"))?;
        parsed.push(syntax.items);
    }
    let mut list = Api::default();
    parsed.iter().for_each(|items| list.names(items));
    parsed.iter().for_each(|items| list.items(items));
    Ok(list.lines.into_iter().collect::<Vec<_>>().join("\n") + "\n")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{folder:?}: {error}"))?;
    for entry in entries {
        let path = entry.map_err(|error| format!("{folder:?}: {error}"))?.path();
        let stem = path.file_stem().unwrap_or_default();
        if stem == "tests" {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The list, and the types whose implementations belong to it. That what is `pub` can be reached is
/// what the lint `unreachable_pub` sees to.
#[derive(Default)]
struct Api {
    types: BTreeSet<String>,
    lines: BTreeSet<String>,
}

impl Api {
    /// Notes the public types.
    fn names(&mut self, items: &[Item]) {
        for item in items.iter().filter(|item| !is_test(attributes(item))) {
            let (visibility, name) = match item {
                Item::Struct(item) => (&item.vis, &item.ident),
                Item::Enum(item) => (&item.vis, &item.ident),
                Item::Trait(item) => (&item.vis, &item.ident),
                Item::Type(item) => (&item.vis, &item.ident),
                _ => continue,
            };
            if is_public(visibility) {
                self.types.insert(name.to_string());
            }
        }
    }

    fn items(&mut self, items: &[Item]) {
        for item in items.iter().filter(|item| !is_test(attributes(item))) {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Fn(item) if is_public(&item.vis) => self.line(&item.sig),
            Item::Const(item) if is_public(&item.vis) => {
                self.add(format!("const {}: {}", item.ident, text(&item.ty)));
            }
            Item::Type(item) if is_public(&item.vis) => {
                self.add(format!("type {} = {}", item.ident, text(&item.ty)));
            }
            Item::Use(item) if is_public(&item.vis) => {
                self.add(format!("use {}", text(&item.tree)))
            }
            Item::Mod(item) if is_public(&item.vis) => self.add(format!("mod {}", item.ident)),
            Item::Struct(item) if is_public(&item.vis) => {
                let name = item.ident.to_string();
                self.add(format!("struct {name}{}{}", text(&item.generics), derives(&item.attrs)));
                self.fields(&name, &item.fields, false);
            }
            Item::Enum(item) if is_public(&item.vis) => {
                let name = item.ident.to_string();
                self.add(format!("enum {name}{}{}", text(&item.generics), derives(&item.attrs)));
                for variant in &item.variants {
                    let name = format!("{name}::{}", variant.ident);
                    self.add(name.clone());
                    self.fields(&name, &variant.fields, true);
                }
            }
            Item::Trait(item) if is_public(&item.vis) => {
                self.add(format!("trait {}{}", item.ident, text(&item.generics)));
                for member in &item.items {
                    match member {
                        TraitItem::Fn(it) => self.member(&item.ident.to_string(), &it.sig),
                        TraitItem::Type(it) => self.add(format!("{}: {}", item.ident, text(it))),
                        _ => {}
                    }
                }
            }
            Item::Impl(item) => self.implementation(item),
            _ => {}
        }
    }

    fn fields(&mut self, owner: &str, fields: &Fields, all: bool) {
        for (index, field) in fields.iter().enumerate() {
            if all || is_public(&field.vis) {
                let name = field.ident.as_ref().map_or(index.to_string(), ToString::to_string);
                self.add(format!("{owner}.{name}: {}", text(&field.ty)));
            }
        }
    }

    fn implementation(&mut self, item: &syn::ItemImpl) {
        let Some(name) = name_of(&item.self_ty).filter(|name| self.types.contains(name)) else {
            return;
        };
        if let Some((_, path, _)) = &item.trait_ {
            let (generics, of) = (text(&item.generics), text(&item.self_ty));
            return self.add(format!("impl{generics} {} for {of}", text(path)));
        }
        for member in &item.items {
            match member {
                ImplItem::Fn(it) if is_public(&it.vis) => self.member(&name, &it.sig),
                ImplItem::Const(it) if is_public(&it.vis) => {
                    self.add(format!("{name}::const {}: {}", it.ident, text(&it.ty)));
                }
                _ => {}
            }
        }
    }

    fn member(&mut self, owner: &str, signature: &syn::Signature) {
        self.add(format!("{owner}::{}", text(signature)));
    }

    fn line(&mut self, tokens: &impl ToTokens) {
        self.add(text(tokens));
    }

    fn add(&mut self, line: String) {
        self.lines.insert(line);
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|it| it.path().is_ident("cfg") && text(&it.meta).contains("test"))
}

/// The derived traits, which are promises too.
fn derives(attributes: &[Attribute]) -> String {
    let derived = attributes.iter().filter(|it| it.path().is_ident("derive"));
    derived.map(|it| format!(" #[{}]", text(&it.meta))).collect()
}

/// The name of a type, without its generics or through a reference.
fn name_of(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(reference) => name_of(&reference.elem),
        _ => None,
    }
}

/// Tokens as text, spaced more as one writes them.
fn text(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (from, to) in [
        (" :: ", "::"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (",)", ")"),
        ("& ", "&"),
        (" :", ":"),
        (" ;", ";"),
        (" -> ", " → "),
        ("-> ", "→ "),
        (" [", "["),
        (" ]", "]"),
        ("[ ", "["),
    ] {
        text = text.replace(from, to);
    }
    text.replace('→', "->")
}
