//! Drafts with mistakes, and drafts without.
