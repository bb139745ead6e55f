mod facts;
mod mistakes;
mod reading;
mod truth;
