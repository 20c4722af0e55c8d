// Package drill rehearses outages.
package drill
