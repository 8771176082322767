export function Logo() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" className="shrink-0">
      <path
        d="M2.75 4.75h14.5v4.5c0 3.5-3.1 6-7.25 6s-7.25-2.5-7.25-6z"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      <path d="M7.5 5v9.6M12.5 5v9.6" stroke="currentColor" strokeWidth="1.5" />
    </svg>
  );
}
