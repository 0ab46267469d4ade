declare module '*.hbs' {
  const spec: TemplateSpecification;
  export default spec;
}

declare module '*.wasm' {
  const bytes: Uint8Array;
  export default bytes;
}

declare module '*.sh' {
  const text: string;
  export default text;
}
