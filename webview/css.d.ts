// Style sheets that a page imports: the build puts them beside its script.
declare module '*.css';
