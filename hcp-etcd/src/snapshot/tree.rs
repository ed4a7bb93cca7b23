//! The walk over one bucket's tree, leaf by leaf in key order.

use super::bolt::{Database, Page};
use super::error::{Fault, Rule};
use super::source::ReadAt;

/// A page of 4 KiB holds dozens of children and bbolt merges nodes with fewer than two: a sound
/// tree of every page a file system can hold has fewer levels.
const DEPTH: usize = 64;

/// A walk in progress: the branch pages from the root to the leaf returned last.
#[derive(Debug)]
pub(super) struct Tree {
    root: Option<u64>,
    path: Vec<Branch>,
}

/// A branch page, read one element ahead: the next key is the upper bound of the child before it.
#[derive(Debug)]
struct Branch {
    page: Page,
    ahead: Option<(u64, Vec<u8>)>,
}

/// A child page with the bounds of its keys.
type Child = (u64, Vec<u8>, Option<Vec<u8>>);

impl Tree {
    pub(super) fn new(root: u64) -> Self {
        Self { root: Some(root), path: Vec::new() }
    }

    /// The next leaf page, every page on the way to it checked.
    pub(super) fn next_leaf<R: ReadAt + ?Sized>(
        &mut self,
        database: &mut Database<'_, R>,
    ) -> Result<Option<Page>, Fault> {
        while let Some((id, lower, upper)) = self.next_child(database)? {
            let page = database.tree_page(id, lower, upper)?;
            if !page.is_branch() {
                return Ok(Some(page));
            }
            if self.path.len() >= DEPTH {
                return Err(page.fault(Rule::TreeTooDeep { limit: DEPTH }));
            }
            let mut branch = Branch { page, ahead: None };
            branch.advance(database)?;
            self.path.push(branch);
        }
        Ok(None)
    }

    fn next_child<R: ReadAt + ?Sized>(
        &mut self,
        database: &Database<'_, R>,
    ) -> Result<Option<Child>, Fault> {
        if let Some(root) = self.root.take() {
            return Ok(Some((root, Vec::new(), None)));
        }
        while let Some(branch) = self.path.last_mut() {
            if let Some((child, lower)) = branch.advance(database)? {
                let next = branch.ahead.as_ref().map(|(_, key)| key);
                return Ok(Some((child, lower, next.or_else(|| branch.page.upper()).cloned())));
            }
            self.path.pop();
        }
        Ok(None)
    }
}

impl Branch {
    /// Gives out the element read ahead and reads the one after it.
    fn advance<R: ReadAt + ?Sized>(
        &mut self,
        database: &Database<'_, R>,
    ) -> Result<Option<(u64, Vec<u8>)>, Fault> {
        let element = self.page.next_element(database.source)?;
        let next = element.map(|element| (element.child, self.page.key().to_vec()));
        Ok(std::mem::replace(&mut self.ahead, next))
    }
}
