//! Backups of a real PostgreSQL and of real volumes: what restores, and what is honest when it goes wrong.

mod broken;
mod rig;
mod whole;
