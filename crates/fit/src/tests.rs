mod families;
mod files;
